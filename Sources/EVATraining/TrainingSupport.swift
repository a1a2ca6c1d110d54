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
        divisions(configuration.distribution)
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
        let checkpoints = configuration.checkpoints
        note(
            checkpoints.resumeFrom == nil && checkpoints.restartsEpochData,
            "--ignore_data_skip has no effect without --resume_from_checkpoint")
        note(
            checkpoints.resumeFrom == nil && checkpoints.loadsWeightsOnly,
            "--ignore_load_lr_and_optim has no effect without --resume_from_checkpoint")
        note(
            configuration.evaluation.minimumCount != nil
                && configuration.evaluation.schedule == .never,
            "--minimum_eval_times has no effect without --evaluation_strategy steps or epoch")
        return notes
    }
}
