extension FlagTable {
    static let data: [FlagDefinition] = [
        .init(
            "task_name", .string, .string("coco_clip"), .train,
            .differs(
                "also takes tensors:FILE, tables, shards, and a data set drawn by the program"),
            aliases: ["train_data"],
            "The data: coco_clip, shapes, tensors:FILE, a table (.csv, .tsv), captions (.json, .jsonl), "
                + "a file list or shards, also as https:// and s3:// addresses; a::b for several."
        ),
        .init(
            "data_root", .string, nil, .train, .added,
            "The folder that holds images/ and annotations/; for a table or captions, the folder that "
                + "paths start from, else that of the file."),
        .init(
            "csv_img_key", .string, .string("filepath"), .train, .added,
            "The column of a CSV or TSV file that names the pictures."),
        .init(
            "csv_caption_key", .string, .string("title"), .train, .added,
            "The column of a CSV or TSV file that holds the captions."),
        .init(
            "csv_separator", .string, nil, .train, .added,
            "What separates columns, one character or \\t; else a tab in .tsv, and in .csv a comma, "
                + "or a tab if the first line has one."),
        .init(
            "download", .bool, .bool(true), .train, .added,
            "Download a data set that is missing, where that is possible."),
        .init(
            "train_num_samples", .integer, nil, .train, .added,
            range: .from(1, to: 1e11), "Samples per epoch of data that does not know its length."),
        .init(
            "train_data_upsampling_factors", .string, nil, .train, .added,
            "How often samples of each of the data sets in a::b are read: numbers such as 1::0.5."),
        .init(
            "per_device_train_batch_size", .integer, .integer(8), .trainAcceptedByEval, .original,
            aliases: ["batch_size"], range: .batch, "Samples per process and micro-batch."),
        .init(
            "shuffle", .bool, .bool(true), .train, .added,
            "Give each epoch an order of its own (the original keeps the file's)."),
        .init(
            "train_augmentation", .choice(["original", "none"]), .string("original"), .train,
            .added,
            "original: random crop of 0.9 to 1.0 of the area; none: the evaluation's transform."),
        .init(
            "flip", .bool, .bool(false), .train, .added,
            "Mirror training pictures with a probability of one half."),
        .init(
            "color_jitter", .list, nil, .train, .added,
            "Random colours: brightness, contrast, saturation and hue as torchvision's, or one "
                + "number for the first three."),
        .init(
            "color_jitter_prob", .number, .number(1), .train, .added,
            range: .share, "Probability that --color_jitter changes a training picture."),
        .init(
            "grayscale", .number, .number(0), .train, .added, aliases: ["gray_scale_prob"],
            range: .share, "Probability that a training picture loses its colours."),
        .init(
            "dataloader_num_workers", .integer, .integer(0), .both,
            .differs("reader threads, not processes; 0 takes a number that fits the machine"),
            aliases: ["workers"], range: .readers,
            "Reader threads, at most eight for each processor that may be used."),
        .init(
            "max_bad_samples", .number, .number(0.01), .train, .added,
            range: .from(0, to: 1e12),
            "Unreadable samples that are skipped before the run stops: below 1 a share, else a count."
        ),
        .init(
            "dataloader_drop_last", .bool, .bool(false), .trainAcceptedByEval,
            .noEffect("training never uses a partial batch, evaluation never drops one"),
            "In the original, ignored."),
        .init(
            "lazy_data_processing", .bool, .bool(true), .trainAcceptedByEval,
            .noEffect("data is always read as it is needed"), "In the original, nothing."),
        .init(
            "remove_unused_columns", .bool, .bool(true), .trainAcceptedByEval,
            .noEffect("no data set here has unused columns"),
            "In the original, for data sets of another library."),
    ]
}
