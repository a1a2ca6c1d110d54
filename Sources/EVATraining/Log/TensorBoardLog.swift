internal import Foundation

/// Writes the figures of a run as TensorBoard reads them: one file for each start of the run.
///
/// The form is that of TensorFlow's event files. Each start says at which step it goes on, so that
/// TensorBoard drops what an earlier start wrote beyond it.
package final class TensorBoardLog {
    /// The file.
    let path: String
    private let descriptor: Int32

    /// Starts a file.
    ///
    /// - Parameters:
    ///   - folder: Its folder, made when it is missing.
    ///   - step: The steps taken before this start.
    /// - Throws: `TrainingError` when it cannot be made.
    package init(folder: String, afterStep step: Int) throws(TrainingError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw TrainingError(
                "\(folder): this folder cannot be made; --logging_dir names another")
        }
        let now = Date().timeIntervalSince1970
        // TensorBoard reads the files of a folder in the order of their names.
        let host = ProcessInfo.processInfo.hostName
        path =
            folder + "/events.out.tfevents." + String(format: "%017.6f", now)
            + ".\(host).\(ProcessInfo.processInfo.processIdentifier)"
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        try append(.fileVersion, step: 0)
        try append(.start, step: step == 0 ? 0 : step + 1)
    }

    deinit { close(descriptor) }

    /// Appends what was logged of a stretch of steps.
    package func append(_ report: StepReport) throws(TrainingError) {
        try append(
            .scalars([
                ("train/loss", report.loss), ("train/lr", report.learningRate),
                ("train/visual_lr", report.visualLearningRate),
                ("train/text_lr", report.textLearningRate),
                ("train/grad_norm", report.gradientNorm),
                ("train/logit_scale", report.logitScale),
                ("train/samples_per_second", report.samplesPerSecond),
                ("train/data_seconds", report.dataSeconds),
                ("train/step_seconds", report.stepSeconds),
            ]), step: report.step)
    }

    /// Appends the figures of an evaluation.
    package func append(_ evaluation: EvaluationEntry) throws(TrainingError) {
        let scalars = evaluation.figures.sorted { $0.key < $1.key }.map {
            (tag: "eval/" + $0.key, value: $0.value)
        }
        try append(.scalars(scalars), step: evaluation.step)
    }

    private func append(_ content: EventRecord.Content, step: Int) throws(TrainingError) {
        let record = EventRecord(
            wallTime: Date().timeIntervalSince1970, step: step, content: content
        ).framed
        // One write call, so that a record is whole or absent but on a full disk.
        let written = record.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == record.count else { throw Self.failure(path) }
    }

    private static func failure(_ path: String) -> TrainingError {
        TrainingError("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
}
