package import EVAConfiguration
internal import Foundation

/// What share of its peak every learning rate has at a step.
///
/// Linear from 0 over the warm-up; then half a cosine down to 0 (Loshchilov and Hutter,
/// arXiv 1608.03983), or the peak, with a straight line to 0 at the end where one is asked for.
/// As in the original, the very first step has rate 0 when there is a warm-up.
package struct LearningRateSchedule: Sendable, Equatable {
    package let kind: ScheduleConfiguration.Kind
    package let warmupSteps: Int
    package let totalSteps: Int
    private let cooldownSteps: Int
    private let offsetSteps: Int

    /// - Parameters:
    ///   - configuration: the course of the rates.
    ///   - totalSteps: steps of the whole run.
    ///   - start: the step at which the course begins, to end with the run.
    package init(_ configuration: ScheduleConfiguration, totalSteps: Int, start: Int = 0) {
        kind = configuration.kind
        self.totalSteps = totalSteps - start
        warmupSteps = configuration.resolvedWarmupSteps(totalSteps: self.totalSteps)
        cooldownSteps = configuration.cooldownSteps
        offsetSteps = configuration.offsetSteps - start
    }

    /// A cosine.
    package init(warmupSteps: Int, totalSteps: Int) {
        var configuration = ScheduleConfiguration()
        configuration.warmupSteps = warmupSteps
        self.init(configuration, totalSteps: totalSteps)
    }

    /// The multiplier of the step after `step` others.
    package func multiplier(afterSteps step: Int) -> Double {
        let step = step + offsetSteps
        if step < warmupSteps { return Double(step) / Double(warmupSteps) }
        switch kind {
        case .constant: return 1
        case .constantWithCooldown:
            return min(1, Double(max(0, totalSteps - step)) / Double(cooldownSteps))
        case .cosine:
            guard step < totalSteps else { return 0 }
            let progress = Double(step - warmupSteps) / Double(totalSteps - warmupSteps)
            return (1 + cos(.pi * progress)) / 2
        }
    }
}
