package import EVAConfiguration
internal import EVAData

/// Where this program cannot carry a run out, and what does nothing in it.
package enum TrainingSupport {
    /// How launchers tell a process the number of its siblings: Open MPI, MPICH, Slurm's srun.
    private static let worldSizeVariables = [
        "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS",
    ]

    /// Why a run cannot start as one of several processes; nil for a process of its own.
    ///
    /// Each would train the whole run by itself and write over the others' files.
    ///
    /// - Parameter environment: the process's environment variables.
    package static func refusal(environment: [String: String]) -> String? {
        for name in worldSizeVariables {
            guard let size = environment[name].flatMap({ Int($0) }), size > 1 else { continue }
            return "this is one of \(size) processes (\(name)), and this version trains in one; "
                + "start it once, or with mpirun -np 1"
        }
        return nil
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
            distribution.shardingDegree != nil,
            "--sharding_parallel_degree \(distribution.shardingDegree ?? 1): one process, nothing is "
                + "divided")
        note(
            distribution.tensorDegree > 1,
            "--tensor_parallel_degree \(distribution.tensorDegree): one process holds every layer whole"
        )
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
