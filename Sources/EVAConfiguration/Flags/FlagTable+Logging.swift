extension FlagTable {
    static let logging: [FlagDefinition] = [
        .init(
            "logging_strategy", .choice(["no", "steps", "epoch"]), .string("steps"),
            .trainAcceptedByEval, .original, "When a line is logged."),
        .init(
            "logging_steps", .integer, .integer(500), .trainAcceptedByEval, .original,
            aliases: ["log_every_n_steps"], range: .steps, "Steps from line to line."),
        .init(
            "logging_first_step", .bool, .bool(false), .trainAcceptedByEval, .original,
            "Log the first step too."),
        .init(
            "tensorboard", .bool, .bool(true), .trainAcceptedByEval,
            .differs("on by default, and written to the run's own folder"),
            "Write TensorBoard event files."),
        .init(
            "logging_dir", .string, nil, .trainAcceptedByEval,
            .differs("not given it is tensorboard in --output_dir"),
            "The folder of the event files."),
        .init(
            "report_to", .list, nil, .trainAcceptedByEval,
            .differs(
                "TensorBoard is the only writer: none switches it off, wandb and visualdl warn"),
            "Where metrics go besides the run's own files."),
        .init("disable_tqdm", .bool, .bool(false), .both, .original, "Draw no progress bar."),
        .init(
            "run_name", .string, nil, .trainAcceptedByEval,
            .noEffect("a run is known by its folder"), aliases: ["name"],
            "In the original, nothing."),
        .init(
            "skip_memory_metrics", .bool, .bool(true), .trainAcceptedByEval,
            .noEffect("peak memory is always measured, at no cost"),
            "In the original, memory in the log."),
        .init(
            "skip_profile_timer", .bool, .bool(true), .trainAcceptedByEval,
            .noEffect("the time of each stage is always measured, at no cost"),
            "In the original, timers in the log."),
        .init(
            "log_on_each_node", .bool, .bool(true), .trainAcceptedByEval,
            .noEffect("the first rank speaks for all"), "In the original, logs of every machine."),
    ]
}
