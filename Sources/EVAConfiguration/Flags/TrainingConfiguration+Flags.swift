extension TrainingConfiguration {
    /// The run that flags describe.
    ///
    /// - Parameter flags: Flags of `train`.
    /// - Throws: `UsageError` with every contradiction and every value out of range.
    package init(flags: FlagValues) throws(UsageError) {
        var resolver = FlagResolver(flags)
        self.init(model: resolver.model, outputDirectory: flags.text("output_dir") ?? "")
        data = resolver.data()
        optimization = resolver.optimization
        precision = resolver.precision()
        loss = resolver.loss
        logging = resolver.logging()
        evaluation = resolver.trainingEvaluation
        checkpoints = resolver.checkpoints
        distribution = resolver.distribution()
        trains = flags.bool("do_train")
        seed = flags.integer("seed")
        device = resolver.device()
        threadCount = flags.optionalInteger("threads")
        try resolver.finish(validate())
    }
}

extension FlagResolver {
    fileprivate mutating func data() -> TrainingDataConfiguration {
        var data = TrainingDataConfiguration()
        data.task = flags.text("task_name") ?? ""
        data.root = flags.text("data_root")
        data.imageColumn = flags.text("csv_img_key") ?? ""
        data.captionColumn = flags.text("csv_caption_key") ?? ""
        data.separator = flags.text("csv_separator").map { $0 == "\\t" ? "\t" : $0 }
        data.downloads = flags.bool("download")
        data.sampleCount = flags.optionalInteger("train_num_samples")
        data.upsamplingFactors = upsamplingFactors()
        data.batchSize = flags.integer("per_device_train_batch_size")
        data.shuffles = flags.bool("shuffle")
        data.augmentation = choice("train_augmentation")
        data.flips = flags.bool("flip")
        data.colorJitter = colorJitter()
        data.grayscale = flags.number("grayscale")
        data.workerCount = flags.integer("dataloader_num_workers")
        let limit = flags.number("max_bad_samples")
        data.badSampleLimit =
            limit < 1 ? .share(limit) : .count(Int(limit.rounded(.down)))
        return data
    }

    private mutating func colorJitter() -> TrainingDataConfiguration.ColorJitter? {
        let words = flags.list("color_jitter").flatMap { $0.split { ", ()[]".contains($0) } }
        let numbers = words.compactMap { NumberText.number(String($0)) }
        guard numbers.count == words.count, [0, 1, 4].contains(numbers.count) else {
            report(
                "--color_jitter: expected brightness, contrast, saturation and hue, or one number "
                    + "for the first three; got \"\(flags.list("color_jitter").joined(separator: " "))\""
            )
            return nil
        }
        guard numbers.contains(where: { $0 != 0 }) else { return nil }
        let isOne = numbers.count == 1
        return .init(
            brightness: numbers[0], contrast: isOne ? numbers[0] : numbers[1],
            saturation: isOne ? numbers[0] : numbers[2], hue: isOne ? 0 : numbers[3],
            probability: flags.number("color_jitter_prob"))
    }

    private mutating func upsamplingFactors() -> [Double]? {
        guard let text = flags.text("train_data_upsampling_factors") else { return nil }
        let factors = text.split(separator: "::", omittingEmptySubsequences: false).map {
            NumberText.number(String($0))
        }
        guard !factors.contains(nil) else {
            report(
                "--train_data_upsampling_factors: expected numbers divided by ::, such as 1::0.5; "
                    + "got \"\(text)\"")
            return nil
        }
        return factors.compactMap { $0 }
    }

    fileprivate var optimization: OptimizationConfiguration {
        var optimization = OptimizationConfiguration()
        optimization.optimizer = choice("optimizer")
        optimization.visual = tower("visual")
        optimization.text = tower("text")
        optimization.logitScaleLearningRate = flags.number("learning_rate")
        optimization.beta1 = flags.number("adam_beta1")
        optimization.beta2 =
            optimization.optimizer == .lion && !flags.isGiven("adam_beta2")
            ? 0.99 : flags.number("adam_beta2")
        optimization.epsilon = flags.optionalNumber("adam_epsilon")
        let norm = flags.number("max_grad_norm")
        optimization.maxGradientNorm = norm > 0 ? norm : nil
        optimization.schedule = schedule
        optimization.gradientAccumulationSteps = flags.integer("gradient_accumulation_steps")
        optimization.epochs = flags.number("num_train_epochs")
        optimization.maxSteps = positive("max_steps")
        optimization.stopAfterSteps = flags.optionalInteger("stop_after_steps")
        optimization.emaDecay = flags.optionalNumber("ema_decay")
        optimization.correctsAverage = flags.bool("ema_bias_correction")
        return optimization
    }

    private func tower(_ prefix: String) -> OptimizationConfiguration.Tower {
        var tower = OptimizationConfiguration.Tower(learningRate: flags.number("\(prefix)_lr"))
        tower.weightDecay = flags.number("\(prefix)_wd")
        let ownDecay = flags.number("\(prefix)_ld")
        tower.layerDecay = ownDecay == 0 ? flags.number("layer_decay") : ownDecay
        tower.isLocked = flags.bool("lock_\(prefix)")
        tower.unlockedGroups = flags.integer("lock_\(prefix)_unlocked_groups")
        return tower
    }

    private var schedule: ScheduleConfiguration {
        var schedule = ScheduleConfiguration()
        let word = flags.text("lr_scheduler_type")
        schedule.kind = word == "constant_with_warmup" ? .constant : choice("lr_scheduler_type")
        schedule.warmupSteps = flags.integer("warmup_steps")
        schedule.warmupRatio = flags.number("warmup_ratio")
        schedule.cooldownSteps = flags.integer("cooldown_steps")
        schedule.offsetSteps = flags.integer("last_epoch") + 1
        return schedule
    }

    fileprivate var loss: LossConfiguration {
        var loss = LossConfiguration()
        loss.kind = choice("loss")
        loss.isLocal = flags.bool("local_loss")
        loss.gathersWithGradient = flags.bool("gather_with_grad")
        loss.gathering = choice("loss_gather")
        loss.masksDuplicates = flags.bool("mask_duplicates")
        loss.accumulation = flags.integer("contrastive_accumulation")
        return loss
    }

    fileprivate mutating func logging() -> LoggingConfiguration {
        var logging = LoggingConfiguration()
        logging.strategy = choice("logging_strategy")
        logging.everySteps = flags.integer("logging_steps")
        logging.logsFirstStep = flags.bool("logging_first_step")
        let writers = flags.list("report_to").map { $0.lowercased() }
        logging.writesTensorBoard = flags.bool("tensorboard") && !writers.contains("none")
        logging.tensorBoardDirectory = flags.text("logging_dir")
        logging.showsProgress = !flags.bool("disable_tqdm")
        let known = ["all", "none", "tensorboard", "visualdl", "wandb"]
        for writer in writers where !known.contains(writer) {
            report("--report_to: expected \(known.joined(separator: ", ")); got \"\(writer)\"")
        }
        return logging
    }

    fileprivate var trainingEvaluation: TrainingEvaluationConfiguration {
        var evaluation = TrainingEvaluationConfiguration()
        let steps = flags.optionalInteger("eval_steps") ?? flags.integer("logging_steps")
        switch flags.text("evaluation_strategy") {
        case "steps": evaluation.schedule = .steps(steps)
        case "epoch": evaluation.schedule = .epochs(flags.integer("zeroshot_frequency"))
        default: evaluation.schedule = flags.bool("do_eval") ? .steps(steps) : .never
        }
        evaluation.tasks = evaluationTasks
        evaluation.batchSize = flags.integer("per_device_eval_batch_size")
        evaluation.maxBatches = positive("max_evaluate_steps")
        evaluation.minimumCount = flags.optionalInteger("minimum_eval_times")
        return evaluation
    }

    fileprivate var checkpoints: CheckpointConfiguration {
        var checkpoints = CheckpointConfiguration()
        checkpoints.strategy = choice("save_strategy")
        checkpoints.everySteps = flags.integer("save_steps")
        checkpoints.everyMinutes = flags.optionalNumber("save_minutes")
        checkpoints.totalLimit = flags.optionalInteger("save_total_limit")
        checkpoints.resumeFrom = flags.text("resume_from_checkpoint")
        checkpoints.overwritesOutput = flags.bool("overwrite_output_dir")
        checkpoints.restartsEpochData = flags.bool("ignore_data_skip")
        checkpoints.savesWeightsOnly = flags.bool("ignore_save_lr_and_optim")
        checkpoints.loadsWeightsOnly = flags.bool("ignore_load_lr_and_optim")
        checkpoints.loadsBestAtEnd = flags.bool("load_best_model_at_end")
        checkpoints.bestMetric =
            flags.text("metric_for_best_model") ?? (checkpoints.loadsBestAtEnd ? "top1" : nil)
        checkpoints.greaterIsBetter = flags.bool("greater_is_better")
        return checkpoints
    }

    fileprivate mutating func distribution() -> DistributionConfiguration {
        var distribution = DistributionConfiguration()
        for word in flags.list("sharding").flatMap({ $0.split(separator: " ") }) {
            switch word.lowercased() {
            case "stage1": distribution.shardingStage = 1
            case "stage2": distribution.shardingStage = 2
            case "stage3": distribution.shardingStage = 3
            case "offload": distribution.offloadsOptimizer = true
            default: report("--sharding: expected stage1, stage2, stage3, offload; got \"\(word)\"")
            }
        }
        if distribution.offloadsOptimizer, distribution.shardingStage == 0 {
            report("--sharding: offload goes with one of stage1, stage2, stage3")
        }
        distribution.shardingDegree = positive("sharding_parallel_degree")
        distribution.tensorDegree = positive("tensor_parallel_degree") ?? 1
        distribution.collectiveTimeout = flags.number("collective_timeout")
        for name in ["pipeline_parallel_degree", "sep_parallel_degree"] {
            if let degree = positive(name), degree > 1 {
                report(
                    "--\(name) \(degree): these models are not divided that way, since a loss needs the features of all pairs at once; leave it out"
                )
            }
        }
        return distribution
    }
}
