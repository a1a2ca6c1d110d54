internal import EVATraining
internal import Foundation

/// Shows a run's reports: redrawn in place on a terminal, a plain line each elsewhere.
final class TrainingConsole {
    private var progress: ProgressLine
    private let isInPlace: Bool

    init(totalSteps: Int, showsProgress: Bool) {
        isInPlace = showsProgress && Console.isTerminal
        progress = ProgressLine(total: totalSteps, unit: "steps", isWanted: showsProgress)
    }

    func show(_ report: StepReport) {
        let line = String(
            format: "loss %.4f, lr %.3g/%.3g, norm %.3f, scale %.2f, %.1f samples/s, data %.3f s",
            report.loss, report.visualLearningRate, report.textLearningRate, report.gradientNorm,
            report.logitScale, report.samplesPerSecond, report.dataSeconds)
        if isInPlace {
            progress.update(report.step, line)
        } else {
            Console.note("step \(report.step): \(line)")
        }
    }

    func show(_ evaluation: EvaluationEntry) {
        finish()
        Console.note("step \(evaluation.step): \(evaluation.summary)")
    }

    func show(_ skipped: NonfiniteStep) {
        finish()
        Console.warning("\(skipped)")
    }

    func finish() { progress.finish() }
}
