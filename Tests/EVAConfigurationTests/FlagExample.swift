import EVAConfiguration

/// A flag with a value other than its default.
struct FlagExample: Sendable, CustomStringConvertible {
    let flag: String
    /// The value; nil for the bare flag.
    let value: String?
    /// Flags that it needs beside it.
    let beside: String
    /// What differs in the configuration when the flag is given.
    let changes: [String]

    init(_ flag: String, _ value: String? = nil, beside: String = "", _ changes: String...) {
        self.flag = flag
        self.value = value
        self.beside = beside
        self.changes = changes
    }

    var description: String { "--\(flag) \(value ?? "")" }

    /// The flag after a base and what it needs beside it.
    func arguments(_ base: String) -> [String] {
        neighbours(base) + ["--" + flag] + (value.map { [$0] } ?? [])
    }

    /// The same without the flag.
    func neighbours(_ base: String) -> [String] {
        (base + " " + beside).split(separator: " ").map(String.init)
    }
}

extension FlagExample {
    private static let evaluates = "--evaluation_strategy steps --classification_eval d"

    static let training: [FlagExample] = [
        // Model.
        .init("model", "m", "model.name = m"),
        .init("config", "c.json", "model.configurationFile = c.json"),
        .init("pretrained", nil, "model.loadsWeights = true"),
        .init("image_size", "336", "model.imageSize = 336"),
        .init("patch_size", "16", "model.patchSize = 16"),
        .init("resize_rule", "timm", "model.resizeRule = timm"),
        .init("exif_orientation", "apply", "model.exifOrientation = apply"),
        .init("allow_missing", "a.*", "model.allowedMissing = [\"a.*\"]"),
        .init("patch_dropout", "0.25", "model.patchDropout = 0.25"),
        .init("lock_visual", nil, "optimization.visual.isLocked = true"),
        .init("lock_visual_unlocked_groups", "2", "optimization.visual.unlockedGroups = 2"),
        .init("lock_text", nil, "optimization.text.isLocked = true"),
        .init("lock_text_unlocked_groups", "2", "optimization.text.unlockedGroups = 2"),
        // Data.
        .init("task_name", "shapes", "data.task = shapes"),
        .init("data_root", "d", "data.root = d"),
        .init("csv_img_key", "url", "data.imageColumn = url"),
        .init("csv_caption_key", "text", "data.captionColumn = text"),
        .init("csv_separator", "|", "data.separator = |"),
        .init("download", "false", "data.downloads = false"),
        .init("train_num_samples", "9", "data.sampleCount = 9"),
        .init(
            "train_data_upsampling_factors", "1::0.5", "data.upsamplingFactors = [1.0, 0.5]"),
        .init("per_device_train_batch_size", "4", "data.batchSize = 4"),
        .init("shuffle", "false", "data.shuffles = false"),
        .init("train_augmentation", "none", "data.augmentation = none"),
        .init("flip", nil, "data.flips = true"),
        .init(
            "color_jitter", "0.25", "data.colorJitter.brightness = 0.25",
            "data.colorJitter.contrast = 0.25", "data.colorJitter.saturation = 0.25",
            "data.colorJitter.hue = 0", "data.colorJitter.probability = 1"),
        .init(
            "color_jitter_prob", "0.5", beside: "--color_jitter 0.25",
            "data.colorJitter.probability = 0.5"),
        .init("grayscale", "0.25", "data.grayscale = 0.25"),
        .init("dataloader_num_workers", "3", "data.workerCount = 3"),
        .init("max_bad_samples", "5", "data.badSampleLimit.count._0 = 5"),
        // Optimization.
        .init("optimizer", "adamw", "optimization.optimizer = adamw"),
        .init("learning_rate", "0.5", "optimization.logitScaleLearningRate = 0.5"),
        .init("visual_lr", "0.5", "optimization.visual.learningRate = 0.5"),
        .init("text_lr", "0.5", "optimization.text.learningRate = 0.5"),
        .init("visual_wd", "0.5", "optimization.visual.weightDecay = 0.5"),
        .init("text_wd", "0.5", "optimization.text.weightDecay = 0.5"),
        .init(
            "layer_decay", "0.5", beside: "--visual_ld 0", "optimization.visual.layerDecay = 0.5"),
        .init("visual_ld", "0.5", "optimization.visual.layerDecay = 0.5"),
        .init("text_ld", "0.5", "optimization.text.layerDecay = 0.5"),
        .init("adam_beta1", "0.5", "optimization.beta1 = 0.5"),
        .init("adam_beta2", "0.5", "optimization.beta2 = 0.5"),
        .init("adam_epsilon", "0.5", "optimization.epsilon = 0.5"),
        .init("max_grad_norm", "5", "optimization.maxGradientNorm = 5"),
        .init("num_train_epochs", "7", "optimization.epochs = 7"),
        .init("max_steps", "7", "optimization.maxSteps = 7"),
        .init("stop_after_steps", "7", "optimization.stopAfterSteps = 7"),
        .init("gradient_accumulation_steps", "7", "optimization.gradientAccumulationSteps = 7"),
        .init("warmup_steps", "7", "optimization.schedule.warmupSteps = 7"),
        .init("warmup_ratio", "0.5", "optimization.schedule.warmupRatio = 0.5"),
        .init("lr_scheduler_type", "constant", "optimization.schedule.kind = constant"),
        .init("cooldown_steps", "7", "optimization.schedule.cooldownSteps = 7"),
        .init("last_epoch", "7", "optimization.schedule.offsetSteps = 8"),
        .init("ema_decay", "0.5", "optimization.emaDecay = 0.5"),
        .init("ema_bias_correction", "false", "optimization.correctsAverage = false"),
        // Loss.
        .init("loss", "sigmoid", "loss.kind = sigmoid"),
        .init("local_loss", nil, "loss.isLocal = true"),
        .init("gather_with_grad", "false", "loss.gathersWithGradient = false"),
        .init("loss_gather", "all", "loss.gathering = all"),
        .init("mask_duplicates", nil, "loss.masksDuplicates = true"),
        .init("contrastive_accumulation", "4", "loss.accumulation = 4"),
        // Precision.
        .init("precision", "amp_bf16", "precision.compute = bf16"),
        .init("bf16", nil, "precision.compute = bf16"),
        .init("fp16", nil, "precision.compute = fp16"),
        .init(
            "fp16_opt_level", "O2", beside: "--bf16", "precision.usesMasterWeights = true"),
        .init("scale_loss", "1024", "precision.initialLossScale = 1024"),
        .init("max_nonfinite_steps", "3", "precision.maxNonfiniteSteps = 3"),
        .init("recompute", nil, "precision.recomputesActivations = true"),
        // Logging.
        .init("logging_strategy", "epoch", "logging.strategy = epoch"),
        .init("logging_steps", "7", "logging.everySteps = 7"),
        .init("logging_first_step", nil, "logging.logsFirstStep = true"),
        .init("tensorboard", "false", "logging.writesTensorBoard = false"),
        .init("logging_dir", "l", "logging.tensorBoardDirectory = l"),
        .init("report_to", "none", "logging.writesTensorBoard = false"),
        .init("disable_tqdm", "True", "logging.showsProgress = false"),
        // Checkpoints.
        .init("save_strategy", "no", "checkpoints.strategy = no"),
        .init("save_steps", "7", "checkpoints.everySteps = 7"),
        .init("save_minutes", "0.5", "checkpoints.everyMinutes = 0.5"),
        .init("collective_timeout", "30", "distribution.collectiveTimeout = 30"),
        .init("save_total_limit", "2", "checkpoints.totalLimit = 2"),
        .init("resume_from_checkpoint", "latest", "checkpoints.resumeFrom = latest"),
        .init("overwrite_output_dir", "true", "checkpoints.overwritesOutput = true"),
        .init("ignore_data_skip", nil, "checkpoints.restartsEpochData = true"),
        .init("ignore_load_lr_and_optim", nil, "checkpoints.loadsWeightsOnly = true"),
        .init("ignore_save_lr_and_optim", nil, "checkpoints.savesWeightsOnly = true"),
        .init(
            "load_best_model_at_end", nil, beside: evaluates, "checkpoints.bestMetric = top1",
            "checkpoints.loadsBestAtEnd = true"),
        .init(
            "metric_for_best_model", "top5", beside: evaluates, "checkpoints.bestMetric = top5"),
        .init("greater_is_better", "false", "checkpoints.greaterIsBetter = false"),
        // Evaluation.
        .init("classification_eval", "d", "evaluation.tasks.classification = d"),
        .init("labels", "l", beside: evaluates, "evaluation.tasks.labels = l"),
        .init("templates", "t", beside: evaluates, "evaluation.tasks.templates = t"),
        .init("retrieval_eval", "r", "evaluation.tasks.retrieval = r"),
        .init(
            "retrieval_split", "val", beside: "--retrieval_eval r",
            "evaluation.tasks.retrievalSplit = val"),
        .init(
            "evaluation_strategy", "steps", beside: "--classification_eval d",
            "evaluation.schedule.steps._0 = 500"),
        .init(
            "do_eval", nil, beside: "--classification_eval d",
            "evaluation.schedule.steps._0 = 500"),
        .init("eval_steps", "7", beside: evaluates, "evaluation.schedule.steps._0 = 7"),
        .init(
            "zeroshot_frequency", "2",
            beside: "--evaluation_strategy epoch --classification_eval d",
            "evaluation.schedule.epochs._0 = 2"),
        .init("max_evaluate_steps", "7", "evaluation.maxBatches = 7"),
        .init("minimum_eval_times", "7", "evaluation.minimumCount = 7"),
        .init("per_device_eval_batch_size", "7", "evaluation.batchSize = 7"),
        // Distribution.
        .init("sharding", "stage2", "distribution.shardingStage = 2"),
        .init("sharding_parallel_degree", "4", "distribution.shardingDegree = 4"),
        .init("tensor_parallel_degree", "4", "distribution.tensorDegree = 4"),
        // Run.
        .init("output_dir", "p", "outputDirectory = p"),
        .init("do_train", "false", "trains = false"),
        .init("seed", "7", "seed = 7"),
        .init("device", "cuda:1", "device = cuda:1"),
        .init("no_cuda", nil, "device = cpu"),
        .init("threads", "2", "threadCount = 2"),
    ]

    static let evaluation: [FlagExample] = [
        .init("model", "m", "model.name = m"),
        .init("config", "c.json", "model.configurationFile = c.json"),
        .init("image_size", "336", "model.imageSize = 336"),
        .init("classification_eval", "e", "tasks.classification = e"),
        .init("labels", "l", "tasks.labels = l"),
        .init("templates", "t", "tasks.templates = t"),
        .init("retrieval_eval", "r", "tasks.retrieval = r"),
        .init(
            "retrieval_split", "val", beside: "--retrieval_eval r", "tasks.retrievalSplit = val"),
        .init("patch_size", "16", "model.patchSize = 16"),
        .init("resize_rule", "timm", "model.resizeRule = timm"),
        .init("exif_orientation", "apply", "model.exifOrientation = apply"),
        .init("allow_missing", "a.*", "model.allowedMissing = [\"a.*\"]"),
        .init("linear_probe", "p", "tasks.linearProbe = p"),
        .init(
            "linear_probe_l2", "0.5", beside: "--linear_probe p", "tasks.linearProbeL2 = 0.5"),
        .init("classifier_cache", "false", "keepsClassifiers = false"),
        .init("max_evaluate_steps", "7", "maxBatches = 7"),
        .init("per_device_eval_batch_size", "7", "batchSize = 7"),
        .init("dataloader_num_workers", "3", "workerCount = 3"),
        .init("precision", "amp_bf16", "precision.compute = bf16"),
        .init("bf16", nil, "precision.compute = bf16"),
        .init("fp16", nil, "precision.compute = fp16"),
        .init(
            "fp16_opt_level", "O2", beside: "--bf16", "precision.usesMasterWeights = true"),
        .init("output_dir", "p", "outputDirectory = p"),
        .init("disable_tqdm", "True", "showsProgress = false"),
        .init("device", "cuda:1", "device = cuda:1"),
        .init("no_cuda", nil, "device = cpu"),
        .init("threads", "2", "threadCount = 2"),
    ]

    /// What every command line begins with.
    static let base: [FlagVerb: String] = [
        .train: "--output_dir o", .eval: "--output_dir o --classification_eval d",
    ]
}
