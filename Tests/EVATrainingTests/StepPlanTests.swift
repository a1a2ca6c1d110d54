import EVATraining
import Testing

@Suite struct StepPlanTests {
    @Test("Steps take whole batches of one epoch and pass over what is left")
    func plan() {
        let plan = StepPlan(batchesPerEpoch: 7, accumulation: 3)
        #expect(plan.stepsPerEpoch == 2)
        #expect((0...4).map(plan.batches(afterSteps:)) == [0, 3, 6, 10, 13])
        #expect((0...4).map(plan.skippedBatches(afterSteps:)) == [0, 0, 1, 0, 1])
        #expect((1...4).map(plan.endsEpoch) == [false, true, false, true])
    }

    @Test("Going on after a step passes over the same batches as never having stopped")
    func resumed() {
        for (batches, accumulation) in [(7, 3), (6, 3), (5, 1), (1, 1), (9, 4)] {
            let plan = StepPlan(batchesPerEpoch: batches, accumulation: accumulation)
            var delivered = 0
            for step in 0..<20 {
                #expect(plan.batches(afterSteps: step) == delivered)
                delivered += plan.skippedBatches(afterSteps: step)
                // A step's batches all lie in the step's own epoch.
                #expect(delivered / batches == step / plan.stepsPerEpoch)
                delivered += plan.batchesPerStep
                #expect((delivered - 1) / batches == step / plan.stepsPerEpoch)
            }
        }
    }

    @Test("A step has no more batches than an epoch")
    func shortEpoch() {
        let plan = StepPlan(batchesPerEpoch: 2, accumulation: 5)
        #expect(plan.batchesPerStep == 2)
        #expect(plan.stepsPerEpoch == 1)
    }

    @Test("A loss over several batches takes them whole, and so does a step of several losses")
    func contrasted() {
        let plan = StepPlan(batchesPerEpoch: 14, accumulation: 2, batchesPerLoss: 3)
        #expect(plan.lossesPerStep == 2 && plan.batchesPerStep == 6)
        #expect((0...3).map(plan.batches(afterSteps:)) == [0, 6, 12, 20])
        #expect((0...3).map(plan.skippedBatches(afterSteps:)) == [0, 0, 2, 0])
        let short = StepPlan(batchesPerEpoch: 14, accumulation: 9, batchesPerLoss: 3)
        #expect(short.lossesPerStep == 4 && short.stepsPerEpoch == 1)
    }
}
