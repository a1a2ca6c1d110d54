extension FlagTable {
    static let checkpoints: [FlagDefinition] = [
        .init(
            "save_strategy", .choice(["no", "steps", "epoch"]), .string("steps"),
            .trainAcceptedByEval, .original, "When a checkpoint is written."),
        .init(
            "save_steps", .integer, .integer(500), .trainAcceptedByEval, .original,
            range: .steps, "Steps from checkpoint to checkpoint."),
        .init(
            "save_minutes", .number, nil, .train, .added,
            range: .above(0, to: 1e6),
            "Write a checkpoint besides whenever so many minutes have passed."),
        .init(
            "save_total_limit", .integer, nil, .trainAcceptedByEval,
            .differs("is obeyed on a single process too"),
            range: .from(1, to: 1e6), "Checkpoints that are kept, the best not counted."),
        .init(
            "resume_from_checkpoint", .string, nil, .trainAcceptedByEval,
            .differs("also takes latest and auto"), aliases: ["resume"],
            "Go on from a checkpoint: its folder, latest, or auto for the newest whole one, or a "
                + "start where there is none."),
        .init(
            "ignore_data_skip", .bool, .bool(false), .trainAcceptedByEval, .original,
            "A resumed run starts its epoch's data from the beginning."),
        .init(
            "ignore_load_lr_and_optim", .bool, .bool(false), .trainAcceptedByEval,
            .differs("the schedule begins anew over the steps that are left"),
            "Resume weights and steps only; optimizer and schedule begin anew."),
        .init(
            "ignore_save_lr_and_optim", .bool, .bool(false), .trainAcceptedByEval, .original,
            "Leave the optimizer's state out of checkpoints."),
        .init(
            "load_best_model_at_end", .bool, .bool(false), .trainAcceptedByEval, .original,
            "End with the weights of the best checkpoint."),
        .init(
            "metric_for_best_model", .string, nil, .trainAcceptedByEval,
            .differs("not given it is top1; the best is saved when it is measured, as OUT/best"),
            "The evaluation's figure that decides which checkpoint is best."),
        .init(
            "greater_is_better", .bool, .bool(true), .trainAcceptedByEval,
            .differs("true by default"), "Whether a greater figure is better."),
        .init(
            "unified_checkpoint", .bool, .bool(false), .trainAcceptedByEval,
            .noEffect("checkpoints are always safetensors"),
            "In the original, checkpoints as safetensors."),
        .init(
            "save_on_each_node", .bool, .bool(false), .trainAcceptedByEval,
            .noEffect("a checkpoint is one folder that all machines share"),
            "In the original, checkpoints on every machine."),
        .init(
            "overwrite_output_dir", .bool, .bool(false), .trainAcceptedByEval,
            .differs("is obeyed: without it, a run that would destroy an earlier one is refused"),
            "Remove what an earlier run wrote to --output_dir, and start anew; other files stay."),
    ]
}
