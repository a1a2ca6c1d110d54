extension FlagTable {
    static let model: [FlagDefinition] = [
        .init(
            "model", .string, .string("paddlemix/EVA/EVA02-CLIP-L-14"), .both,
            .differs(
                "also takes rei's and open_clip's names, weights files and JSON configurations"),
            "The model: a name, a folder, a weights file, or a JSON configuration to build anew."),
        .init(
            "config", .string, nil, .both, .added,
            "The JSON configuration of a weights file that has none beside it."),
        .init(
            "pretrained", .bool, .bool(false), .train,
            .differs(
                "what was loaded is printed; without it the start from random weights is said"),
            "Start from the model's weights instead of from random ones."),
        .init(
            "image_size", .integer, nil, .both, .added,
            range: .imageSize, "Resize the position embeddings to another image size, in pixels."),
        .init(
            "patch_size", .integer, nil, .both, .added,
            range: .patchSize, "Resize the patch kernels to another patch size, in pixels."),
        .init(
            "resize_rule", .choice(["rei", "timm"]), .string("rei"), .both, .added,
            "How positions and patches are resized: rei as the original EVA-CLIP, timm as open_clip."
        ),
        .init(
            "exif_orientation", .choice(["apply", "ignore"]), nil, .both, .added,
            "Turn pictures as their camera noted, or leave them as stored; what the model's folder "
                + "says if not given, ignore if it says nothing."),
        .init(
            "allow_missing", .list, nil, .both, .added, isRepeatable: true,
            "Shell patterns of tensors that the weights may lack; they are drawn at random."),
        .init(
            "patch_dropout", .number, nil, .train, .added, aliases: ["force_patch_dropout"],
            range: .shareBelowOne,
            "Share of patches left out of each training image; the model's own if not given."),
        .init(
            "lock_visual", .bool, .bool(false), .train, .added, aliases: ["lock_image"],
            "Keep the vision tower as it is."),
        .init(
            "lock_visual_unlocked_groups", .integer, .integer(0), .train, .added,
            aliases: ["lock_image_unlocked_groups"],
            range: .from(0, to: 10_000),
            "Layers at the output end of a locked vision tower that are trained all the same."),
        .init(
            "lock_text", .bool, .bool(false), .train, .added, "Keep the text tower as it is."),
        .init(
            "lock_text_unlocked_groups", .integer, .integer(0), .train, .added,
            aliases: ["lock_text_unlocked_layers"],
            range: .from(0, to: 10_000),
            "Layers at the output end of a locked text tower that are trained all the same."),
        .init(
            "pretrained_text_model", .string, .string("openclip"), .both,
            .noEffect(
                "the classifier is always built by the model itself, from its present weights"),
            "In the original, a part of a cached classifier's file name."),
        .init(
            "pretrained_model_path", .string, nil, .eval,
            .noEffect("the original never reads it; give the model by --model"),
            "In the original, nothing."),
        .init(
            "context_length", .integer, .integer(77), .train,
            .noEffect("the model's configuration decides"), "In the original, nothing."),
        .init(
            "fuse_ln", .bool, .bool(true), .train,
            .noEffect("LayerNorm always takes the fastest kernel"),
            "In the original, the choice of a LayerNorm kernel."),
    ]
}
