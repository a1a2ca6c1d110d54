internal import EVAConfiguration
internal import Foundation

/// The settings that decide what a run computes, as words, to tell what a run that goes on from a
/// checkpoint does otherwise.
///
/// They are told by the paths of the configuration's properties, so that a new setting counts
/// unless it is named among those that change no number.
package struct RunSettings: Codable, Sendable, Equatable {
    /// The network and how pictures are prepared for it.
    let network: [String: String]
    /// How it is trained, and on what.
    let recipe: [String: String]

    /// Settings that change no weight, and those that are compared by themselves: what is below a
    /// path too.
    private static let ignored = [
        "model", "data.task", "data.root", "data.downloads", "data.workerCount", "data.batchSize",
        "data.badSampleLimit", "data.sampleCount", "optimization.optimizer",
        "optimization.epochs", "optimization.maxSteps", "optimization.stopAfterSteps",
        "optimization.gradientAccumulationSteps", "precision.maxNonfiniteSteps",
        "precision.recomputesActivations", "precision.initialLossScale", "loss.accumulation",
        "loss.isLocal", "loss.gathersWithGradient", "loss.gathering", "logging", "checkpoints",
        "evaluation", "distribution", "outputDirectory", "trains", "seed", "device", "threadCount",
    ]

    /// Settings that the order of samples follows from.
    private static let order = ["data.shuffles", "data.upsamplingFactors"]

    /// Settings that the optimizer's state follows from.
    private static let state = [
        "optimization.visual.isLocked", "optimization.visual.unlockedGroups",
        "optimization.text.isLocked", "optimization.text.unlockedGroups",
    ]

    /// Of the network, what acts in training alone.
    private static let trainingOnly = ["vision.dropPathRate", "vision.patchDropout"]

    /// What the settings are called on the command line.
    private static let flags = [
        "optimization.visual.learningRate": "--visual_lr",
        "optimization.visual.weightDecay": "--visual_wd",
        "optimization.visual.layerDecay": "--visual_ld",
        "optimization.visual.isLocked": "--lock_visual",
        "optimization.visual.unlockedGroups": "--lock_visual_unlocked_groups",
        "optimization.text.learningRate": "--text_lr",
        "optimization.text.weightDecay": "--text_wd",
        "optimization.text.layerDecay": "--text_ld",
        "optimization.text.isLocked": "--lock_text",
        "optimization.text.unlockedGroups": "--lock_text_unlocked_groups",
        "optimization.logitScaleLearningRate": "--learning_rate",
        "optimization.beta1": "--adam_beta1", "optimization.beta2": "--adam_beta2",
        "optimization.epsilon": "--adam_epsilon",
        "optimization.maxGradientNorm": "--max_grad_norm",
        "optimization.emaDecay": "--ema_decay",
        "optimization.correctsAverage": "--ema_bias_correction",
        "optimization.schedule.kind": "--lr_scheduler_type",
        "optimization.schedule.warmupSteps": "--warmup_steps",
        "optimization.schedule.warmupRatio": "--warmup_ratio",
        "optimization.schedule.cooldownSteps": "--cooldown_steps",
        "optimization.schedule.offsetSteps": "--last_epoch",
        "data.imageColumn": "--csv_img_key", "data.captionColumn": "--csv_caption_key",
        "data.separator": "--csv_separator", "data.shuffles": "--shuffle",
        "data.upsamplingFactors": "--train_data_upsampling_factors",
        "data.augmentation": "--train_augmentation", "data.flips": "--flip",
        "data.grayscale": "--grayscale", "data.colorJitter.brightness": "--color_jitter",
        "precision.compute": "--precision", "precision.usesMasterWeights": "--fp16_opt_level O2",
        "loss.kind": "--loss", "loss.masksDuplicates": "--mask_duplicates",
        "vision.dropPathRate": "drop_path_rate", "vision.patchDropout": "--patch_dropout",
    ]

    /// - Parameters:
    ///   - configuration: the run.
    ///   - model: the network that it trains.
    ///   - preprocessing: how pictures are prepared for it.
    init(
        _ configuration: TrainingConfiguration, model: ModelConfiguration,
        preprocessing: PreprocessingConfiguration
    ) throws {
        let network = try Self.leaves(of: model)
        self.network = network.filter { !Self.trainingOnly.contains($0.key) }
            .merging(
                try Self.leaves(of: preprocessing).map { ("preprocessing.\($0)", $1) }
            ) { $1 }
        recipe = try Self.leaves(of: configuration).filter { !Self.matches($0.key, Self.ignored) }
            .merging(network.filter { Self.trainingOnly.contains($0.key) }) { $1 }
    }

    /// What in `other` does not let a run go on from these settings, with both values.
    ///
    /// - Parameter comparingOptimizer: whether the optimizer's state is to be taken over too.
    func refusals(from other: RunSettings, comparingOptimizer: Bool) -> [String] {
        let fixed = Self.order + (comparingOptimizer ? Self.state : [])
        return Self.differences(network, other.network, "the network's ")
            + Self.differences(recipe, other.recipe) { Self.matches($0, fixed) }
    }

    /// What in `other` makes another recipe of these settings, with both values.
    func changes(to other: RunSettings) -> [String] {
        Self.differences(recipe, other.recipe)
    }

    private static func differences(
        _ saved: [String: String], _ now: [String: String], _ prefix: String = "",
        where isMeant: (String) -> Bool = { _ in true }
    ) -> [String] {
        Set(saved.keys).union(now.keys).filter { saved[$0] != now[$0] && isMeant($0) }.sorted()
            .map { path in
                "\(prefix)\(flags[path] ?? path): saved \(saved[path] ?? "none"), now "
                    + (now[path] ?? "none")
            }
    }

    private static func matches(_ path: String, _ settings: [String]) -> Bool {
        settings.contains { path == $0 || path.hasPrefix($0 + ".") }
    }

    /// Every number and word in a value, by the path of the properties that lead to it.
    private static func leaves(of value: some Encodable) throws -> [String: String] {
        var leaves: [String: String] = [:]
        func add(_ value: JSONValue, _ path: String) {
            switch value {
            case .object(let members):
                for (name, member) in members {
                    add(member, path.isEmpty ? name : "\(path).\(name)")
                }
            case .array(let values):
                for (index, value) in values.enumerated() { add(value, "\(path).\(index)") }
            case .null: return
            case .bool(let value): leaves[path] = "\(value)"
            case .integer(let value): leaves[path] = "\(value)"
            case .number(let value): leaves[path] = "\(value)"
            case .string(let value): leaves[path] = value
            }
        }
        try add(JSONParser.parse(JSONEncoder().encode(value), source: "settings"), "")
        return leaves
    }
}
