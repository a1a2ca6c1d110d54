extension FlagTable {
    static let loss: [FlagDefinition] = [
        .init(
            "loss", .choice(["softmax", "sigmoid"]), .string("softmax"), .train, .added,
            "softmax: CLIP's contrastive loss; sigmoid: SigLIP's."),
        .init(
            "local_loss", .bool, .bool(false), .train,
            .differs(
                "with --gather_with_grad the same as without: each rank computes its own rows in any "
                    + "case, and the gradient is exact"),
            "Without --gather_with_grad: the gradient of each rank's own rows of the logits alone."),
        .init(
            "gather_with_grad", .bool, .bool(true), .train,
            .differs(
                "on by default, and the gradient is summed over ranks, as it must be; without it the "
                    + "gradient is an approximation by definition, which is said at the start"),
            "Gradients flow through the features of other ranks."),
        .init(
            "loss_gather", .choice(["ring", "all"]), .string("ring"), .train, .added,
            "How ranks see each other's features: ring: they go round the ranks, in memory that does "
                + "not grow with the number of ranks; all: every rank holds all."),
        .init(
            "mask_duplicates", .bool, .bool(false), .train, .added,
            "Leave out pairs with the same image or caption as negatives."),
        .init(
            "contrastive_accumulation", .integer, .integer(1), .train, .added,
            aliases: ["accum_freq"],
            range: .accumulation,
            "Micro-batches whose features form one contrastive batch, with its exact gradient."),
    ]
}
