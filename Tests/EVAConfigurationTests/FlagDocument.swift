import EVAConfiguration

/// The text of `docs/flags.md`.
enum FlagDocument {
    /// Where a flag's work is tested, for flags that more is known of than that they reach the
    /// configuration: `Suite.function`.
    static let tests: [String: String] = [
        "model": "PipelineTests.verbs", "config": "PipelineTests.models",
        "pretrained": "PipelineTests.verbs", "patch_dropout": "VisionTowerTests.patchDropout",
        "image_size": "GridResizingTests.positions", "patch_size": "GridResizingTests.patches",
        "resize_rule": "GridResizingTests.timmPositions",
        "exif_orientation": "ExifOrientationTests.verbs",
        "allow_missing": "WeightFormsTests.allowedMissing",
        "task_name": "PipelineTests.verbs", "data_root": "PipelineTests.verbs",
        "csv_img_key": "TableSourceTests.named", "csv_caption_key": "TableSourceTests.named",
        "csv_separator": "TableSourceTests.named", "color_jitter": "ColorJitterTests.torchvision",
        "color_jitter_prob": "ColorJitterTests.draws", "grayscale": "ColorJitterTests.transform",
        "train_num_samples": "StreamedDataTests.shards",
        "train_data_upsampling_factors": "StreamedDataTests.mixture",
        "per_device_train_batch_size": "PipelineTests.verbs",
        "shuffle": "EpochOrderTests.unshuffled",
        "train_augmentation": "BatchLoaderTests.augmentation",
        "flip": "TrainingTransformTests.flips",
        "dataloader_num_workers": "BatchLoaderTests.threads",
        "max_bad_samples": "BadSampleTests.limit",
        "optimizer": "OptimizerParityTests.fiveSteps",
        "learning_rate": "OptimizerParityTests.fiveSteps", "visual_lr": "TrainerTests.rates",
        "text_lr": "TrainerTests.rates", "visual_wd": "OptimizerParityTests.parameterGroups",
        "text_wd": "OptimizerParityTests.parameterGroups",
        "layer_decay": "RunConfigurationTests.layerDecay",
        "visual_ld": "OptimizerParityTests.parameterGroups",
        "text_ld": "OptimizerParityTests.parameterGroups",
        "adam_beta1": "OptimizerParityTests.fiveSteps",
        "adam_beta2": "OptimizerParityTests.fiveSteps",
        "adam_epsilon": "OptimizerParityTests.fiveSteps",
        "max_grad_norm": "OptimizerParityTests.fiveSteps",
        "num_train_epochs": "TrainerTests.epochs", "max_steps": "PipelineTests.verbs",
        "stop_after_steps": "ResumeTests.stopped",
        "gradient_accumulation_steps": "TrainerTests.accumulation",
        "warmup_steps": "OptimizerParityTests.schedule",
        "warmup_ratio": "RunConfigurationTests.warmupAgainstLength",
        "lr_scheduler_type": "TrainerTests.schedules", "cooldown_steps": "TrainerTests.schedules",
        "mask_duplicates": "ContrastiveLossTests.duplicates", "bf16": "ResumeTests.resume",
        "recompute": "ModelParityTests.recomputation", "logging_steps": "PipelineTests.verbs",
        "save_steps": "PipelineTests.verbs", "save_total_limit": "CheckpointFolderTests.rotation",
        "resume_from_checkpoint": "ResumeTests.resume",
        "overwrite_output_dir": "OutputClaimTests.overwritten",
        "ema_decay": "WeightAverageTests.mean", "ema_bias_correction": "WeightAverageTests.plain",
        "classification_eval": "EvaluationTests.originalEvaluation",
        "labels": "EvaluationTests.bareFolders", "templates": "EvaluationTests.bareFolders",
        "retrieval_eval": "EvaluationTests.retrieval",
        "retrieval_split": "EvaluationTests.retrieval",
        "linear_probe": "EvaluationTests.linearProbe",
        "linear_probe_l2": "EvaluationTests.linearProbe",
        "classifier_cache": "EvaluationTests.classifierCache",
        "do_eval": "EvaluationTests.originalTraining",
        "eval_steps": "EvaluationTests.schedule",
        "minimum_eval_times": "EvaluationScheduleTests.minimum",
        "evaluation_strategy": "PipelineTests.verbs",
        "max_evaluate_steps": "EvaluationTests.schedule",
        "per_device_eval_batch_size": "PipelineTests.verbs",
        "sharding": "IdleSettingTests.said", "output_dir": "PipelineTests.verbs",
        "do_train": "TrainerTests.checkOnly", "seed": "ResumeTests.resume",
        "pipeline_parallel_degree": "RunConfigurationTests.problems",
        "sep_parallel_degree": "RunConfigurationTests.problems",
        "loss": "ContrastiveLossTests.openCLIP",
        "contrastive_accumulation": "ContrastiveAccumulationTests.equalsLargeBatch",
        "ignore_data_skip": "ResumeOptionsTests.dataFromTheEpochsStart",
        "ignore_load_lr_and_optim": "ResumeOptionsTests.weightsOnly",
        "ignore_save_lr_and_optim": "ResumeOptionsTests.weightsOnly",
        "load_best_model_at_end": "BestCheckpointTests.best",
        "metric_for_best_model": "BestCheckpointTests.best",
        "greater_is_better": "BestCheckpointTests.best",
        "run_config": "RunConfigurationFileTests.file", "print_config": "FlagMeaningTests.printed",
        "sharding_parallel_degree": "IdleSettingTests.said",
        "collective_timeout": "RankedTrainingTests.stopped",
        "tensor_parallel_degree": "IdleSettingTests.said",
        "local_loss": "RankedLossTests.approximations",
        "gather_with_grad": "RankedLossTests.approximations",
        "loss_gather": "RankedLossTests.ranks", "report_to": "IdleSettingTests.said",
    ]

    /// The test of a flag.
    static func test(of flag: FlagDefinition) -> String {
        if let test = tests[flag.name] { return test }
        if case .noEffect = flag.effect { return "FlagMeaningTests.withoutEffect" }
        return "FlagMeaningTests.training"
    }

    static var text: String {
        var lines = [
            "# Flags of `train` and `eval`", "",
            "Made from the table in the sources by `make docs-flags`; a test holds it equal.", "",
            "`--name value` and `--name=value`; a boolean alone is true, and one that is true by",
            "default has a `--no_name`. Dashes count as underscores, and a unique prefix as the name.",
            "The last value given counts; flags go before a `--run_config FILE.yaml`, that before the",
            "defaults. An unknown flag is an error, as is a number out of its range; one without effect,",
            "by itself or beside the others, is a warning. `--threads` is at most the processors that the",
            "process may use, `--dataloader_num_workers` eight times as many.", "",
            "The verbs say where a flag acts; `eval` takes the flags of `train` too, as the original's",
            "does, and warns. The last column names a test, `Suite.function` below `Tests`.",
        ]
        for (subject, flags) in FlagTable.sections {
            lines += [
                "", "## \(subject)", "",
                "| flag | default | verbs | meaning | beside the original | test |",
                "|---|---|---|---|---|---|",
            ]
            lines += flags.map(row)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ flag: FlagDefinition) -> String {
        let names = ([flag.name] + flag.aliases).map { "`--\($0)`" }.joined(separator: " ")
        let fallback = flag.defaultValue.map { "\($0)" } ?? ""
        let verbs = FlagVerb.allCases.filter {
            flag.scope.accepts($0) && flag.reasonForNoEffect(in: $0) == nil
        }
        let cells = [
            names, fallback.isEmpty ? "" : "`\(fallback)`",
            verbs.isEmpty ? "none" : verbs.map(\.rawValue).joined(separator: ", "),
            meaning(flag), difference(flag.effect), "`\(test(of: flag))`",
        ]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    private static func meaning(_ flag: FlagDefinition) -> String {
        guard case .choice(let words) = flag.type else { return flag.fullHelp }
        return flag.help + " One of " + words.map { "`\($0)`" }.joined(separator: ", ") + "."
    }

    private static func difference(_ effect: FlagEffect) -> String {
        switch effect {
        case .original: "the same"
        case .differs(let how): how
        case .noEffect(let why): "no effect: \(why)"
        case .added: "added"
        }
    }
}
