internal import EVAData
internal import EVATensorFiles
internal import EVATraining
internal import Foundation

/// Shows a run's reports: redrawn in place on a terminal, a plain line each elsewhere.
final class TrainingConsole {
    /// The share of a step's time from which on waiting for data is worth a warning.
    private static let longWait = 0.2

    private var progress: ProgressLine
    private let isInPlace: Bool
    private let readerThreads: Int?
    private var details = ""
    private var reportCount = 0
    private var hasWarned = false

    /// - Parameters:
    ///   - totalSteps: the steps of the whole run.
    ///   - firstStep: the steps that were taken before, in a run that goes on.
    ///   - readerThreads: how many threads read data; nil where that cannot be changed.
    ///   - showsProgress: false after `--disable_tqdm True`.
    init(totalSteps: Int, firstStep: Int = 0, readerThreads: Int? = nil, showsProgress: Bool) {
        isInPlace = showsProgress && Console.isTerminal
        self.readerThreads = readerThreads
        progress = ProgressLine(
            total: totalSteps, unit: "steps", alreadyDone: firstStep, isWanted: showsProgress)
    }

    /// Shows how many steps have been taken.
    func show(step: Int) { progress.update(step, details) }

    func show(_ report: StepReport) {
        details = String(
            format: "loss %.4f, lr %.3g/%.3g, norm %.3f, scale %.2f, %.1f samples/s, data %.3f s",
            report.loss, report.visualLearningRate, report.textLearningRate, report.gradientNorm,
            report.logitScale, report.samplesPerSecond, report.dataSeconds)
        if isInPlace {
            progress.update(report.step, details)
        } else {
            Console.note("step \(report.step): \(details)")
        }
        warnOfWaiting(report)
    }

    /// Says once that the data is what takes the time.
    ///
    /// The first report has the start in it, when nothing has been read ahead.
    private func warnOfWaiting(_ report: StepReport) {
        reportCount += 1
        let share = report.dataSeconds / max(report.stepSeconds, 1e-9)
        guard let readerThreads, reportCount > 1, share > Self.longWait, !hasWarned else { return }
        hasWarned = true
        finish()
        Console.warning(
            String(format: "%.0f %% of the time training waits for data; ", share * 100)
                + "raise --dataloader_num_workers (\(readerThreads) threads now), "
                + "or store the pictures smaller or on a faster disk")
    }

    func show(_ evaluation: EvaluationEntry) {
        finish()
        Console.note("step \(evaluation.step): \(evaluation.summary)")
    }

    func show(_ skipped: NonfiniteStep) {
        finish()
        Console.warning("\(skipped)")
    }

    /// Says at the end what became of the data, and writes it to `data_summary.json`.
    func show(_ tally: DataTally, in outputDirectory: String) {
        finish()
        guard !tally.isEmpty else { return }
        for line in tally.lines() { Console.note(line) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try AtomicFile.write(
                [UInt8](encoder.encode(tally)), to: outputDirectory + "/data_summary.json")
        } catch {
            // The run itself is over, and well.
            Console.warning("\(error)")
        }
    }

    func finish() { progress.finish() }
}
