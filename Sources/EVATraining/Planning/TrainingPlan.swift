package import EVAConfiguration
internal import Foundation
internal import TorchParallel

/// What one arrangement of ranks needs and how fast it trains, by estimate.
package struct TrainingPlan: Sendable {
    /// A run whose arrangement is to be chosen.
    package struct Run: Sendable {
        package var configuration: TrainingConfiguration
        package let model: ModelConfiguration
        /// Tokens of the longest text in a batch.
        package let textLength: Int
        package let machine: Machine

        package init(
            _ configuration: TrainingConfiguration, model: ModelConfiguration, textLength: Int?,
            machine: Machine
        ) {
            self.configuration = configuration
            self.model = model
            self.textLength = min(textLength ?? .max, model.text.contextLength)
            self.machine = machine
        }
    }

    package let arrangement: Arrangement
    /// Whether activations are computed again in backward.
    package let recomputes: Bool
    package let memory: TrainingMemory
    package let traffic: StepTraffic
    package let work: StepWork
    package let time: StepTime
    /// Samples that a step of all ranks learns from.
    package let samplesPerStep: Int
    /// Bytes that a rank needs where it computes.
    package let neededBytes: Double
    /// Whether these are there.
    package let isFitting: Bool

    package var samplesPerSecond: Double { Double(samplesPerStep) / time.total }

    package init(_ run: Run, _ arrangement: Arrangement) {
        let (configuration, machine) = (run.configuration, run.machine)
        let steps = StepPlan(
            batchesPerEpoch: nil,
            accumulation: configuration.optimization.gradientAccumulationSteps,
            batchesPerLoss: configuration.loss.accumulation)
        self.arrangement = arrangement
        recomputes = configuration.precision.recomputesActivations
        memory = TrainingMemory(
            configuration, model: run.model, plan: steps, arrangement: arrangement,
            textLength: run.textLength, base: machine.baseBytes)
        traffic = StepTraffic(
            configuration, model: run.model, plan: steps, arrangement: arrangement,
            textLength: run.textLength, sumsHalf: !machine.isHost)
        work = StepWork(
            configuration, model: run.model, plan: steps, arrangement: arrangement,
            textLength: run.textLength)
        time = StepTime(
            work, traffic, configuration.precision, arrangement: arrangement, on: machine)
        samplesPerStep =
            configuration.data.batchSize * steps.batchesPerStep * arrangement.mesh.dataWorldSize
        neededBytes =
            machine.isHost
            ? memory.total
            : memory.onDevice(offloadsMoments: configuration.distribution.offloadsOptimizer)
        isFitting = neededBytes <= machine.memoryBytes * machine.shares.space
    }
}

// The choice of an arrangement.
extension TrainingPlan {
    /// Every arrangement of so many ranks, the fastest first.
    ///
    /// Estimates are not fine enough to tell arrangements apart that differ by less than a
    /// fiftieth: of those the one that sends the least comes first.
    package static func all(_ run: Run, ranks: Int) -> [TrainingPlan] {
        let plans = arrangements(of: ranks, model: run.model).map { TrainingPlan(run, $0) }
        let best = plans.map(\.samplesPerSecond).max() ?? 1
        func places(behind plan: TrainingPlan) -> Int {
            Int(log(best / plan.samplesPerSecond) / log(1.02))
        }
        return plans.map { (places(behind: $0), $0) }.sorted {
            $0.0 != $1.0 ? $0.0 < $1.0 : $0.1.traffic.sentBytes < $1.1.traffic.sentBytes
        }.map(\.1)
    }

    /// All ways to arrange ranks for a model: tensor degrees that divide it, every sharding degree
    /// that then divides the ranks, and every stage of it.
    static func arrangements(of ranks: Int, model: ModelConfiguration) -> [Arrangement] {
        divisors(of: ranks).filter { TensorDivision.obstacle(to: $0, in: model) == nil }
            .flatMap { tensor in
                divisors(of: ranks / tensor).flatMap { sharding in
                    (sharding == 1 ? [0] : [1, 2, 3]).map { stage in
                        Arrangement(
                            mesh: DeviceMesh(
                                data: ranks / tensor / sharding, sharding: sharding,
                                tensor: tensor, rank: 0), shardingStage: stage)
                    }
                }
            }
    }

    private static func divisors(of number: Int) -> [Int] {
        (1...number).filter { number % $0 == 0 }
    }
}
