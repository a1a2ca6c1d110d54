// What can be idle of a run's model, data and number formats.
extension IdleSettings {
    static let model: [IdleSetting<TrainingConfiguration>] = [
        .init(
            "pretrained", "allow_missing", because: "the checkpoint that is resumed from has all"
        ) { run, _ in run.checkpoints.resumeFrom != nil },
        .init("allow_missing", because: "without --pretrained no weights are loaded") { run, _ in
            !run.model.loadsWeights && run.checkpoints.resumeFrom == nil
        },
        .init(
            "lock_visual_unlocked_groups",
            because: "without --lock_visual all of the tower is trained"
        ) { run, _ in !run.optimization.visual.isLocked },
        .init(
            "lock_text_unlocked_groups", because: "without --lock_text all of the tower is trained"
        ) { run, _ in !run.optimization.text.isLocked },
    ]

    static let data: [IdleSetting<TrainingConfiguration>] = [
        .init(
            "csv_img_key", "csv_caption_key", "csv_separator",
            because: "--task_name names no CSV or TSV file"
        ) { run, _ in !run.data.kinds.contains(.table) },
        .init("data_root", because: "the data of this --task_name needs no folder") { run, _ in
            run.data.kinds.allSatisfy { ![.coco, .table, .captions].contains($0) }
        },
        .init("download", because: "only coco_clip is ever downloaded") { run, _ in
            !run.data.kinds.contains(.coco)
        },
        .init("train_num_samples", because: "the data set knows its size") { run, _ in
            let sized: [DataKind] = [.coco, .tensors, .table, .captions]
            return run.data.kinds.count == 1 && run.data.kinds.allSatisfy(sized.contains)
        },
        .init("train_data_upsampling_factors", because: "there is a single data set") { run, _ in
            run.data.kinds.count == 1
        },
        .init("max_bad_samples", because: "nothing in this data can be unreadable") { run, _ in
            run.data.kinds.allSatisfy { [.shapes, .tensors].contains($0) }
        },
        .init(
            "train_augmentation", "flip", "color_jitter", "grayscale",
            because: "ready tensors are taken as they are"
        ) { run, _ in run.data.kinds.allSatisfy { $0 == .tensors } },
        .init(
            "flip", "color_jitter", "grayscale",
            because: "--train_augmentation none leaves pictures as an evaluation sees them"
        ) { run, _ in run.data.augmentation == .none },
        .init("color_jitter_prob", because: "without --color_jitter no colours are changed") {
            run, _ in run.data.colorJitter == nil
        },
    ]

    static let precision: [IdleSetting<TrainingConfiguration>] = [
        .init("bf16", "fp16", "precision", because: "--fp16_opt_level O0 computes in fp32") {
            _, flags in flags.text("fp16_opt_level") == "O0"
        },
        .init("fp16_opt_level", because: "without --fp16 or --bf16 all is computed in fp32") {
            _, flags in !asksForHalf(flags)
        },
        .init(
            "fp16_opt_level",
            because: "training keeps 16-bit operands beside 32-bit weights at O1 too"
        ) { _, flags in asksForHalf(flags) && flags.text("fp16_opt_level") == "O2" },
        .init("scale_loss", because: "only --fp16 scales the loss") { run, _ in
            run.precision.compute != .float16
        },
    ]

    static let distribution: [IdleSetting<TrainingConfiguration>] = [
        .init(
            "sharding",
            because: "one process holds everything itself"
        ) { run, _ in run.distribution.shardingStage > 0 },
        .init(
            "sharding_parallel_degree", because: "there is one process"
        ) { run, _ in run.distribution.shardingDegree ?? 1 > 1 },
        .init("tensor_parallel_degree", because: "there is one process") { run, _ in
            run.distribution.tensorDegree > 1
        },
        .init(
            "local_loss", because: "in one process its own rows of the logits are all there are"
        ) { _, _ in true },
        .init(
            "gather_with_grad", "loss_gather",
            because: "in one process there are no features of others to gather"
        ) { _, _ in true },
    ]
}
