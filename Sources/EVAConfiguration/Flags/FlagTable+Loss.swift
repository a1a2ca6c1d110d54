extension FlagTable {
    static let loss: [FlagDefinition] = [
        .init(
            "loss", .choice(["softmax", "sigmoid"]), .string("softmax"), .train, .added,
            "softmax: CLIP's contrastive loss; sigmoid: SigLIP's."),
        .init(
            "local_loss", .bool, .bool(false), .train,
            .differs("with --gather_with_grad the gradient is exact"),
            "Each rank computes its own rows of the logits."),
        .init(
            "gather_with_grad", .bool, .bool(false), .train,
            .differs("the gradient is summed over ranks, as it must be"),
            "Gradients flow through the features of other ranks."),
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
