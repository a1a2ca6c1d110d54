// What can be idle of a run's course: its length and rates, and what happens on the way.
extension IdleSettings {
    static let optimization: [IdleSetting<TrainingConfiguration>] = [
        .init(
            "visual_lr", "visual_wd", "visual_ld", because: "--lock_visual keeps the tower as it is"
        ) { run, _ in
            run.optimization.visual.isLocked && run.optimization.visual.unlockedGroups == 0
        },
        .init("text_lr", "text_wd", "text_ld", because: "--lock_text keeps the tower as it is") {
            run, _ in run.optimization.text.isLocked && run.optimization.text.unlockedGroups == 0
        },
        .init(
            "layer_decay", because: "both towers have one of their own, --visual_ld and --text_ld"
        ) { _, flags in flags.number("visual_ld") != 0 && flags.number("text_ld") != 0 },
        .init("adam_epsilon", because: "--optimizer lion divides by nothing") { run, _ in
            run.optimization.optimizer == .lion
        },
        .init("num_train_epochs", because: "--max_steps decides how long the run is") { run, _ in
            run.optimization.maxSteps != nil
        },
        .init("stop_after_steps", because: "the run of --max_steps ends no later") { run, _ in
            guard let last = run.optimization.maxSteps else { return false }
            return run.optimization.stopAfterSteps.map { $0 >= last } ?? false
        },
        .init("warmup_ratio", because: "--warmup_steps decides how long the warm-up is") {
            run, _ in run.optimization.schedule.warmupSteps > 0
        },
        .init(
            "cooldown_steps", because: "--lr_scheduler_type is not constant_with_cooldown"
        ) { run, _ in run.optimization.schedule.kind != .constantWithCooldown },
    ]

    static let logging: [IdleSetting<TrainingConfiguration>] = [
        .init("logging_steps", because: "--logging_strategy is not steps") { run, flags in
            if case .steps = run.evaluation.schedule, !flags.isGiven("eval_steps") { return false }
            return run.logging.strategy != .steps
        },
        .init("logging_dir", because: "no event files are written") { run, _ in
            !run.logging.writesTensorBoard
        },
        .init("report_to", because: "only TensorBoard's event files are ever written") {
            run, flags in
            let words = flags.list("report_to").map { $0.lowercased() }
            let others = ["wandb", "visualdl"]
            return !words.contains("none")
                && (!run.logging.writesTensorBoard || words.contains(where: others.contains))
        },
    ]

    static let checkpoints: [IdleSetting<TrainingConfiguration>] = [
        .init("save_steps", because: "--save_strategy is not steps") { run, _ in
            run.checkpoints.strategy != .steps
        },
        .init("save_total_limit", because: "--save_strategy no keeps no checkpoints") { run, _ in
            run.checkpoints.strategy == .none && run.checkpoints.everyMinutes == nil
                && run.checkpoints.bestMetric == nil
        },
        .init(
            "ignore_data_skip", "ignore_load_lr_and_optim",
            because: "without --resume_from_checkpoint nothing is gone on from"
        ) { run, _ in run.checkpoints.resumeFrom == nil },
        .init(
            "greater_is_better",
            because: "without --metric_for_best_model no best one is looked for"
        ) { run, _ in run.checkpoints.bestMetric == nil },
    ]

    static let evaluations: [IdleSetting<TrainingConfiguration>] = [
        .init(
            "classification_eval", "labels", "templates", "retrieval_eval", "retrieval_split",
            "max_evaluate_steps", "minimum_eval_times", "per_device_eval_batch_size",
            because: "without --evaluation_strategy steps or epoch nothing is evaluated"
        ) { run, _ in run.evaluation.schedule == .never },
        .init("retrieval_split", because: "without --retrieval_eval there is nothing to divide") {
            run, _ in run.evaluation.schedule != .never && run.evaluation.tasks.retrieval == nil
        },
        .init("retrieval_split", because: "a file of captions has no parts") { run, _ in
            run.evaluation.schedule != .never
                && run.evaluation.tasks.retrieval.map(isFile) ?? false
        },
        .init("eval_steps", because: "--evaluation_strategy is not steps") { run, _ in
            if case .steps = run.evaluation.schedule { false } else { true }
        },
        .init("zeroshot_frequency", because: "--evaluation_strategy is not epoch") { run, _ in
            if case .epochs = run.evaluation.schedule { false } else { true }
        },
        .init("do_eval", because: "--evaluation_strategy says when the model is evaluated") {
            _, flags in flags.text("evaluation_strategy") != "no"
        },
    ]
}
