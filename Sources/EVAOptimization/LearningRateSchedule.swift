internal import Foundation

/// What share of its peak every learning rate has at a step.
///
/// Linear from 0 over the warm-up, then half a cosine down to 0 (Loshchilov and Hutter,
/// arXiv 1608.03983). As in the original, the very first step has rate 0 when there is a warm-up.
package struct LearningRateSchedule: Sendable, Equatable {
    package let warmupSteps: Int
    package let totalSteps: Int

    package init(warmupSteps: Int, totalSteps: Int) {
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
    }

    /// The multiplier of the step after `step` others.
    package func multiplier(afterSteps step: Int) -> Double {
        if step < warmupSteps { return Double(step) / Double(warmupSteps) }
        guard step < totalSteps else { return 0 }
        let progress = Double(step - warmupSteps) / Double(totalSteps - warmupSteps)
        return (1 + cos(.pi * progress)) / 2
    }
}
