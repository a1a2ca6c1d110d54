internal import EVAData

// The batches of a run's steps.
extension TrainingData {
    /// The data from where a run stands.
    func batches(
        from state: TrainingState, plan: StepPlan, badSamples: BadSampleLog
    ) throws -> any BatchSupply {
        try batches(
            from: position(afterBatches: plan.batches(afterSteps: state.dataStep)),
            stream: state.streamPosition, badSamples: badSamples)
    }

    /// Reads a step's batches again.
    func forEachBatch(of samples: StepSamples, _ body: (HostBatch) throws -> Void) throws {
        guard let first = samples.first else { return }
        let supply = try batches(
            from: first.position, stream: first.stream, badSamples: BadSampleLog())
        defer { supply.stop() }
        for _ in 0..<samples.batchCount {
            if let batch = try supply.next() { try body(batch) }
        }
    }
}
