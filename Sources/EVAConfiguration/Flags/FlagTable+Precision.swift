extension FlagTable {
    static let precision: [FlagDefinition] = [
        .init(
            "precision",
            .choice([
                "fp32", "bf16", "fp16", "amp", "amp_bf16", "amp_bfloat16", "amp_fp16", "pure_bf16",
                "pure_fp16",
            ]), nil, .both, .added,
            "The number format in one word; pure_ is the same as without."),
        .init("bf16", .bool, .bool(false), .both, .original, "Compute in bfloat16."),
        .init(
            "fp16", .bool, .bool(false), .both, .original,
            "Compute in 16-bit IEEE, with loss scaling."),
        .init(
            "fp16_opt_level", .choice(["O0", "O1", "O2"]), .string("O1"), .both,
            .differs("O1 and O2 are the same: 16-bit operands beside 32-bit weights"),
            "O0: compute in 32 bits, whatever --bf16 and --fp16 say."),
        .init(
            "scale_loss", .number, .number(32768), .trainAcceptedByEval, .original,
            range: .from(1, to: 1e15), "First loss scale of 16-bit IEEE training."),
        .init(
            "max_nonfinite_steps", .integer, .integer(10), .train, .added,
            range: .from(0, to: 1e6),
            "Steps in a row with a non-finite loss or gradient that are skipped before the run stops."
        ),
        .init(
            "recompute", .bool, .bool(false), .trainAcceptedByEval,
            .differs("changes no number; the original loses the text mask"),
            aliases: ["grad_checkpointing"],
            "Compute activations again in the backward pass instead of keeping them."),
        .init(
            "amp_master_grad", .bool, .bool(false), .trainAcceptedByEval,
            .noEffect("gradients of master weights are always 32-bit"),
            "In the original, 32-bit gradients at level O2."),
        .init(
            "amp_custom_black_list", .list, nil, .trainAcceptedByEval,
            .noEffect("which operations compute in 32 bits is fixed"),
            "In the original, operations that compute in 32 bits."),
        .init(
            "amp_custom_white_list", .list, nil, .trainAcceptedByEval,
            .noEffect("which operations compute in 16 bits is fixed"),
            "In the original, operations that compute in 16 bits."),
        .init(
            "bf16_full_eval", .bool, .bool(false), .trainAcceptedByEval,
            .noEffect("use --bf16 with --fp16_opt_level O2"), "In the original, nothing."),
        .init(
            "fp16_full_eval", .bool, .bool(false), .trainAcceptedByEval,
            .noEffect("use --fp16 with --fp16_opt_level O2"), "In the original, nothing."),
    ]
}
