package import EVAConfiguration
internal import EVAData

/// What this program cannot carry out of a run's configuration, and what does nothing in it.
package enum TrainingSupport {
    /// Every setting that asks for something that the program does not do.
    ///
    /// A pure function, so that a run is refused before anything is loaded.
    ///
    /// - Returns: the flags with the reason and the remedy; empty for a run that can start.
    package static func problems(of configuration: TrainingConfiguration)
        -> [ConfigurationProblem]
    {
        let absent = absentFeatures(configuration).filter(\.isAsked).map {
            ConfigurationProblem(
                keyPath: "--\($0.flag)", message: "this version does not do that yet; \($0.remedy)")
        }
        return absent + divisions(configuration.distribution)
    }

    private struct Absence {
        let isAsked: Bool
        let flag: String
        let remedy: String

        init(_ isAsked: Bool, _ flag: String, _ remedy: String = "leave it out") {
            self.isAsked = isAsked
            self.flag = flag
            self.remedy = remedy
        }
    }

    private static func absentFeatures(_ configuration: TrainingConfiguration) -> [Absence] {
        let checkpoints = configuration.checkpoints
        return [
            Absence(checkpoints.restartsEpochData, "ignore_data_skip"),
            Absence(checkpoints.savesWeightsOnly, "ignore_save_lr_and_optim"),
            Absence(
                checkpoints.loadsWeightsOnly, "ignore_load_lr_and_optim",
                "start a new run with --pretrained and --model set to the checkpoint's folder"),
            Absence(
                checkpoints.loadsBestAtEnd, "load_best_model_at_end",
                "the figures of every evaluation are in eval.jsonl"),
            Absence(
                checkpoints.bestMetric != nil && !checkpoints.loadsBestAtEnd,
                "metric_for_best_model", "the figures of every evaluation are in eval.jsonl"),
        ]
    }

    private static func divisions(_ distribution: DistributionConfiguration)
        -> [ConfigurationProblem]
    {
        [
            ("--sharding_parallel_degree", distribution.shardingDegree ?? 1),
            ("--tensor_parallel_degree", distribution.tensorDegree),
        ].filter { $0.1 > 1 }.map { flag, degree in
            ConfigurationProblem(
                keyPath: flag,
                message: "this is one process, which cannot be divided by \(degree); give 1 or -1")
        }
    }

    /// What was set, or is set by default, and changes nothing in this run: a line each.
    package static func notes(on configuration: TrainingConfiguration) -> [String] {
        var notes: [String] = []
        func note(_ isSet: Bool, _ text: String) {
            if isSet { notes.append(text) }
        }
        let distribution = configuration.distribution
        note(
            distribution.shardingStage > 0,
            "--sharding: in one process there is nothing to divide; it holds everything itself")
        note(
            distribution.offloadsOptimizer,
            "--sharding offload: the optimizer's state stays on the device")
        note(
            distribution.shardingDegree == 1,
            "--sharding_parallel_degree 1: one process, nothing is divided")
        note(
            configuration.loss.isLocal,
            "--local_loss: in one process its own rows of the logits are all there are")
        note(
            configuration.loss.gathersWithGradient,
            "--gather_with_grad: in one process there are no features of others to gather")
        note(
            configuration.data.sampleCount != nil && !DataSpelling.takesCount(configuration.data),
            "--train_num_samples has no effect: the data set knows its size")
        note(
            configuration.data.upsamplingFactors != nil
                && !configuration.data.task.contains(ShardPattern.separator),
            "--train_data_upsampling_factors has no effect on a single data set")
        note(
            configuration.precision.initialLossScale != PrecisionConfiguration().initialLossScale
                && configuration.precision.compute != .float16,
            "--scale_loss has no effect without --fp16")
        for (name, tower) in [
            ("visual", configuration.optimization.visual),
            ("text", configuration.optimization.text),
        ] {
            note(
                tower.unlockedGroups > 0 && !tower.isLocked,
                "--lock_\(name)_unlocked_groups has no effect without --lock_\(name)")
        }
        note(
            configuration.optimization.optimizer == .lion
                && configuration.optimization.epsilon != nil,
            "--adam_epsilon has no effect with --optimizer lion, which divides by nothing")
        note(
            configuration.optimization.schedule.cooldownSteps > 0
                && configuration.optimization.schedule.kind != .constantWithCooldown,
            "--cooldown_steps has no effect without --lr_scheduler_type constant_with_cooldown")
        let tasks = configuration.evaluation.tasks
        note(
            tasks.classification != nil && configuration.evaluation.schedule == .never,
            "--classification_eval has no effect without --evaluation_strategy steps or epoch")
        note(
            tasks.retrieval != nil && configuration.evaluation.schedule == .never,
            "--retrieval_eval has no effect without --evaluation_strategy steps or epoch")
        return notes
    }
}
