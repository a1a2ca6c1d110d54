internal import EVAData
internal import EVAOptimization
internal import TorchParallel

// What a run's course does to where it stands.
extension TrainingState {
    /// The steps that the data has been through.
    var dataStep: Int { step - dataDelay }

    /// Takes note of a step.
    ///
    /// - Parameters:
    ///   - fault: why it left the weights as they were; nil for one that moved them.
    ///   - streamPosition: where the data stands, all of which has been learnt from.
    mutating func noteStep(_ fault: StepFault?, streamPosition: StreamPosition?) {
        step += 1
        unreportedSteps += 1
        self.streamPosition = streamPosition
        guard let fault else {
            averagedSteps? += 1
            lossScale?.noteGoodStep()
            nonfiniteSteps = 0
            return
        }
        skippedSteps += 1
        unreportedSkips += 1
        if fault.isOverflow(at: lossScale) {
            lossScale?.noteOverflow()
        } else {
            nonfiniteSteps += 1
        }
    }

    /// Where the data of each rank stands; nil where there is one, or the place follows from the
    /// steps.
    func positions(of readers: any ProcessGroup) throws -> [StreamPosition]? {
        guard let streamPosition, readers.size > 1 else { return nil }
        return try readers.gather(streamPosition)
    }

    /// Goes to where a rank's data stood; where another number of ranks reads now, to the beginning
    /// of the pass that they were in, since each then reads other files.
    ///
    /// - Returns: whether it was the beginning of a pass.
    mutating func takePosition(ofRank rank: Int, among size: Int) -> Bool {
        let saved = rankPositions ?? streamPosition.map { [$0] } ?? []
        rankPositions = nil
        guard !saved.isEmpty else { return false }
        guard saved.count != size else {
            streamPosition = saved[rank]
            return false
        }
        let earliest = saved.min { a, b in
            (a.cursors.map(\.pass).min() ?? 0) < (b.cursors.map(\.pass).min() ?? 0)
        }
        streamPosition = earliest
        streamPosition?.restartPass()
        return true
    }

    /// Begins the next stretch of steps that are reported together.
    mutating func noteReport() {
        unreportedSteps = 0
        unreportedSkips = 0
    }

    /// Takes note of an evaluation of the present weights.
    ///
    /// - Returns: whether it is the best so far, so that the weights are to be kept.
    mutating func noteEvaluation(_ entry: EvaluationEntry, for metric: BestMetric?) throws -> Bool {
        let value = try metric?.value(of: entry, betterThan: best?.value)
        if let metric, let value { best = Best(metric: metric.name, value: value, step: step) }
        evaluatedStep = step
        return value != nil
    }
}
