/// How optimizer steps divide the batches of every epoch.
///
/// A step takes whole batches of one epoch. What is left at the epoch's end is passed over, so that
/// every epoch has the same number of steps.
package struct StepPlan: Sendable, Equatable {
    package let batchesPerEpoch: Int
    /// Batches that are contrasted with each other, in one loss.
    package let batchesPerLoss: Int
    /// Losses that are averaged in a step.
    package let lossesPerStep: Int

    // More than any run takes, and small enough to count in.
    private static let endless = 1 << 40

    /// - Parameters:
    ///   - batchesPerEpoch: nil for data without an end, which is one epoch.
    ///   - accumulation: the losses wanted for a step; an epoch's at most are taken, as in the
    ///     original.
    ///   - batchesPerLoss: an epoch's batches at most.
    package init(batchesPerEpoch: Int?, accumulation: Int, batchesPerLoss: Int = 1) {
        self.batchesPerEpoch = batchesPerEpoch ?? Self.endless
        self.batchesPerLoss = batchesPerLoss
        lossesPerStep = max(1, min(accumulation, self.batchesPerEpoch / batchesPerLoss))
    }

    package var batchesPerStep: Int { batchesPerLoss * lossesPerStep }

    package var stepsPerEpoch: Int { batchesPerEpoch / batchesPerStep }

    /// Whether the step after `step - 1` others is the last of an epoch.
    package func endsEpoch(_ step: Int) -> Bool { step % stepsPerEpoch == 0 }

    /// How many batches have been delivered when so many steps were taken.
    ///
    /// Batches that an epoch leaves over are counted with the next epoch's first step.
    package func batches(afterSteps step: Int) -> Int {
        guard step > 0 else { return 0 }
        let (epochs, rest) = (step - 1).quotientAndRemainder(dividingBy: stepsPerEpoch)
        return epochs * batchesPerEpoch + (rest + 1) * batchesPerStep
    }

    /// Batches to pass over before the step that comes after `step` others.
    package func skippedBatches(afterSteps step: Int) -> Int {
        step > 0 && endsEpoch(step) ? batchesPerEpoch % batchesPerStep : 0
    }
}
