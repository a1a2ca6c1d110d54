extension FlagTable {
    static let optimization: [FlagDefinition] = [
        .init(
            "optimizer", .choice(["lamb", "adamw", "lion"]), .string("lamb"), .train,
            .differs("adds lion; another word is refused, where the original takes it for adamw"),
            aliases: ["opt"], "The rule of the update."),
        .init(
            "learning_rate", .number, .number(5e-5), .trainAcceptedByEval, .original,
            aliases: ["lr"],
            range: .rate, "Learning rate of the logit scale, the only parameter outside the towers."
        ),
        .init(
            "visual_lr", .number, .number(2e-4), .train, .original,
            range: .rate, "Learning rate of the vision tower."),
        .init(
            "text_lr", .number, .number(2e-5), .train, .original, range: .rate,
            "Learning rate of the text tower."
        ),
        .init(
            "weight_decay", .number, .number(0), .trainAcceptedByEval,
            .noEffect(
                "it is for parameters outside the towers, which is the logit scale, never decayed; "
                    + "use --visual_wd and --text_wd"),
            aliases: ["wd"], "Weight decay outside the towers."),
        .init(
            "visual_wd", .number, .number(0.05), .train, .original,
            range: .rate, "Weight decay of the vision tower."),
        .init(
            "text_wd", .number, .number(0.05), .train, .original, range: .rate,
            "Weight decay of the text tower."),
        .init(
            "layer_decay", .number, .number(1), .train, .original, aliases: ["ld"],
            range: .from(0, to: 10), "Layer decay of a tower whose own is 0."),
        .init(
            "visual_ld", .number, .number(0.75), .train, .original,
            range: .from(0, to: 10),
            "Layer decay of the vision tower; 0 takes --layer_decay, 1 and more is none."),
        .init(
            "text_ld", .number, .number(0.75), .train, .original,
            range: .from(0, to: 10),
            "Layer decay of the text tower; 0 takes --layer_decay, 1 and more is none."),
        .init(
            "adam_beta1", .number, .number(0.9), .trainAcceptedByEval, .original,
            aliases: ["beta1"],
            range: .shareBelowOne, "Decay of the first moment."),
        .init(
            "adam_beta2", .number, .number(0.999), .trainAcceptedByEval, .original,
            aliases: ["beta2"],
            range: .shareBelowOne,
            "Decay of the second moment; for lion of its only one, 0.99 if not given."),
        .init(
            "adam_epsilon", .number, nil, .trainAcceptedByEval,
            .differs("is obeyed; not given it is 1e-6 for lamb and 1e-8 for the others"),
            aliases: ["eps"], range: .share, "Epsilon of the update's denominator."),
        .init(
            "max_grad_norm", .number, .number(1), .trainAcceptedByEval,
            .differs("clips once a step, by the global norm of the unscaled, reduced gradients"),
            aliases: ["grad_clip_norm"], range: .from(0, to: 1e9),
            "Gradient norm above which gradients shrink; 0 for none."),
        .init(
            "num_train_epochs", .number, .number(1), .trainAcceptedByEval, .original,
            aliases: ["epochs"],
            range: .above(0, to: 1e6), "Passes over the data."),
        .init(
            "max_steps", .integer, .integer(-1), .trainAcceptedByEval, .original,
            range: .from(-1, to: 1e12),
            "Optimizer steps of the run; above 0 it replaces --num_train_epochs."),
        .init(
            "stop_after_steps", .integer, nil, .train, .added,
            range: .steps, "End after so many steps, the schedule unchanged."),
        .init(
            "gradient_accumulation_steps", .integer, .integer(1), .trainAcceptedByEval,
            .differs("what is left at an epoch's end is not carried into the next one"),
            range: .accumulation, "Micro-batches per step, each with a loss of its own."),
        .init(
            "warmup_steps", .integer, .integer(0), .trainAcceptedByEval, .original,
            aliases: ["warmup"],
            range: .stepsOrNone,
            "Steps over which the rates rise from 0; the first step has rate 0."),
        .init(
            "warmup_ratio", .number, .number(0), .trainAcceptedByEval,
            .differs("is obeyed"), range: .shareBelowOne,
            "The warm-up as a share of all steps, if --warmup_steps is 0."),
        .init(
            "lr_scheduler_type",
            .choice(["cosine", "constant", "constant_with_warmup", "constant_with_cooldown"]),
            .string("cosine"), .trainAcceptedByEval,
            .differs("is obeyed; the original always takes a cosine"), aliases: ["lr_scheduler"],
            "The course of the learning rates after the warm-up."),
        .init(
            "cooldown_steps", .integer, .integer(0), .train, .added,
            range: .stepsOrNone, "Steps of the fall to 0 at the end of constant_with_cooldown."),
        .init(
            "last_epoch", .integer, .integer(-1), .train, .original,
            range: .from(-1, to: 1e12),
            "Steps by which the schedule is ahead at the start, less one."),
        .init(
            "ema_decay", .number, nil, .train, .added,
            range: .shareBelowOne,
            "Decay of a moving average of the weights, evaluated and saved beside them (in ema/); "
                + "bias-corrected, see --ema_bias_correction."),
        .init(
            "ema_bias_correction", .bool, .bool(true), .train, .added,
            "Divide the average by the sum of its shares, so that it never leans towards the weights "
                + "that training starts with; false is timm's form, which starts at those."),
        .init(
            "optim", .string, .string("adamw"), .trainAcceptedByEval,
            .noEffect("the optimizer is chosen by --optimizer"), "In the original, ignored."),
        .init(
            "num_cycles", .number, .number(0.5), .trainAcceptedByEval,
            .noEffect("the cosine has half a cycle"), "In the original, ignored."),
        .init(
            "lr_end", .number, .number(1e-7), .trainAcceptedByEval,
            .noEffect("schedules end at 0, or do not fall"), "In the original, ignored."),
        .init(
            "power", .number, .number(1), .trainAcceptedByEval,
            .noEffect("there is no polynomial schedule"), "In the original, ignored."),
        .init(
            "tensor_fusion", .bool, .bool(false), .train,
            .noEffect("optimizers always update all tensors of a group at once"),
            "In the original, a fused AdamW with other betas."),
        .init(
            "start_epoch", .integer, .integer(0), .train,
            .noEffect("use --resume_from_checkpoint"), "In the original, nothing."),
    ]
}
