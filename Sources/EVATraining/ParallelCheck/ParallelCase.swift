package import EVAConfiguration
internal import Foundation
internal import TorchParallel

/// One arrangement of ranks and one kind of step, to be compared with one process.
package struct ParallelCase: Sendable, Equatable {
    /// How the samples of a step reach the loss.
    package enum Accumulation: String, Sendable, CaseIterable {
        case none
        /// Two losses whose gradients are added up.
        case gradient
        /// One loss over two batches.
        case contrastive
    }

    /// How the ranks see each other's features; the gradient is exact in each.
    package enum Loss: String, Sendable, CaseIterable {
        case ring
        case gathered
        case local
    }

    package var data = 1
    package var sharding = 1
    package var stage = 0
    package var tensor = 1
    package var optimizer = OptimizationConfiguration.Optimizer.adamW
    package var loss = Loss.ring
    package var accumulation = Accumulation.none
    package var isLow = false

    package init() {}

    package var ranks: Int { data * sharding * tensor }

    /// All cases for a number of ranks.
    ///
    /// - Parameter tensorDegrees: those that divide the model's layers.
    package static func all(ranks: Int, tensorDegrees: [Int]) -> [ParallelCase] {
        var cases: [ParallelCase] = []
        for tensor in tensorDegrees where ranks % tensor == 0 {
            for sharding in 1...ranks where (ranks / tensor) % sharding == 0 {
                for stage in sharding == 1 ? 0...0 : 1...3 {
                    var arrangement = ParallelCase()
                    arrangement.data = ranks / tensor / sharding
                    arrangement.sharding = sharding
                    arrangement.stage = stage
                    arrangement.tensor = tensor
                    cases += arrangement.kinds
                }
            }
        }
        return cases
    }

    /// Every kind of step on this arrangement.
    private var kinds: [ParallelCase] {
        var kinds: [ParallelCase] = []
        for isLow in [false, true] {
            for optimizer in OptimizationConfiguration.Optimizer.allCases {
                for accumulation in Accumulation.allCases {
                    for loss in ranks == tensor ? [.ring] : Loss.allCases {
                        var kind = self
                        kind.isLow = isLow
                        kind.optimizer = optimizer
                        kind.accumulation = accumulation
                        kind.loss = loss
                        kinds.append(kind)
                    }
                }
            }
        }
        return kinds
    }

    /// The same step on one process.
    var single: ParallelCase {
        var single = self
        (single.data, single.sharding, single.stage, single.tensor) = (1, 1, 0, 1)
        single.loss = .ring
        return single
    }

    /// The same in fp32.
    var precise: ParallelCase {
        var precise = self
        precise.isLow = false
        return precise
    }

    /// The arrangement as one of the ranks sees it.
    func mesh(rank: Int) -> DeviceMesh {
        DeviceMesh(data: data, sharding: sharding, tensor: tensor, rank: rank)
    }

    /// EVA-02's structure at a size for a few steps: norms inside, RoPE, SwiGLU.
    static let model = ModelConfiguration(
        embedWidth: 32,
        vision: VisionConfiguration(
            imageSize: 32, patchSize: 8, width: 64, layerCount: 2, headWidth: 16, mlpWidth: 128,
            mlpKind: .swiGLU, usesSubLayerNorm: true, rope: RopeConfiguration()),
        text: TextConfiguration(width: 32, headCount: 4, layerCount: 2))

    /// Degrees that divide the layers of `model`.
    package static var tensorDegrees: [Int] {
        [1, 2, 4].filter { (try? model.checkTensorDegree($0, name: "")) != nil }
    }

    /// Samples of a batch of all ranks.
    static let samplesPerBatch = 16

    /// The run on each rank.
    var configuration: TrainingConfiguration {
        var run = TrainingConfiguration(
            model: ModelSource(name: "trial", configurationFile: nil, loadsWeights: false),
            outputDirectory: "")
        run.data.task = "shapes"
        run.data.batchSize = Self.samplesPerBatch / (data * sharding)
        run.data.augmentation = .none
        run.data.workerCount = 1
        run.loss.isLocal = loss == .local
        run.loss.gathersWithGradient = true
        run.loss.gathering = loss == .ring ? .ring : .all
        run.loss.accumulation = accumulation == .contrastive ? 2 : 1
        run.optimization.optimizer = optimizer
        run.optimization.visual.learningRate = optimizer == .lion ? 1e-5 : 1e-3
        run.optimization.text.learningRate = optimizer == .lion ? 1e-5 : 1e-3
        run.optimization.logitScaleLearningRate = optimizer == .lion ? 1e-5 : 1e-3
        run.optimization.schedule.warmupSteps = 0
        run.optimization.gradientAccumulationSteps = accumulation == .gradient ? 2 : 1
        run.optimization.maxGradientNorm = 1
        run.optimization.maxSteps = ParallelCourse.stepCount
        run.precision.compute = isLow ? .bfloat16 : .float32
        run.distribution.shardingStage = stage
        return run
    }
}
