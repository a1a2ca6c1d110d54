import EVAConfiguration
import Testing

/// A setting that was given but has no effect is said.
@Suite struct IdleSettingTests {
    /// A flag that changes nothing beside some others, and others beside which it does.
    struct Example: Sendable, CustomStringConvertible {
        let verb: FlagVerb
        let flag: String
        let idle: String
        let acting: String
        var description: String { "\(verb): \(idle)" }

        init(_ verb: FlagVerb, _ idle: String, acting: String) {
            self.verb = verb
            self.idle = idle
            self.acting = acting
            flag = String(idle.split(separator: " ")[0].dropFirst(2))
        }
    }

    private static let evaluates = "--evaluation_strategy steps --classification_eval c"

    static let examples: [Example] = [
        .init(.train, "--pretrained --resume_from_checkpoint latest", acting: "--pretrained"),
        .init(
            .train, "--allow_missing a --pretrained --resume_from_checkpoint latest",
            acting: "--allow_missing a --pretrained"),
        .init(.train, "--allow_missing a", acting: "--allow_missing a --pretrained"),
        .init(
            .train, "--lock_visual_unlocked_groups 1",
            acting: "--lock_visual_unlocked_groups 1 --lock_visual"),
        .init(
            .train, "--lock_text_unlocked_groups 1",
            acting: "--lock_text_unlocked_groups 1 --lock_text"),
        .init(
            .train, "--csv_img_key u --task_name shapes",
            acting: "--csv_img_key u --task_name a.csv"
        ),
        .init(.train, "--csv_caption_key u", acting: "--csv_caption_key u --task_name x::A.TSV"),
        .init(
            .train, "--csv_separator ; --task_name a.jsonl",
            acting: "--csv_separator ; --task_name a.csv"),
        .init(.train, "--data_root d --task_name a.tar", acting: "--data_root d"),
        .init(
            .train, "--download false --task_name shapes",
            acting: "--download false --task_name shapes::coco_clip"),
        .init(
            .train, "--train_num_samples 9 --task_name a.csv",
            acting: "--train_num_samples 9 --task_name a.tar"),
        .init(
            .train, "--train_data_upsampling_factors 2 --task_name a.tar",
            acting: "--train_data_upsampling_factors 2::1 --task_name a.tar::b.tar"),
        .init(
            .train, "--max_bad_samples 5 --task_name tensors:a",
            acting: "--max_bad_samples 5 --task_name a.csv"),
        .init(
            .train, "--train_augmentation none --task_name tensors:a",
            acting: "--train_augmentation none"),
        .init(.train, "--flip --task_name tensors:a", acting: "--flip"),
        .init(
            .train, "--color_jitter 0.1 --task_name tensors:a", acting: "--color_jitter 0.1"),
        .init(.train, "--grayscale 0.1 --task_name tensors:a", acting: "--grayscale 0.1"),
        .init(
            .train, "--flip --train_augmentation none",
            acting: "--flip --train_augmentation original"),
        .init(
            .train, "--color_jitter 0.1 --train_augmentation none", acting: "--color_jitter 0.1"),
        .init(.train, "--grayscale 0.1 --train_augmentation none", acting: "--grayscale 0.1"),
        .init(
            .train, "--color_jitter_prob 0.5", acting: "--color_jitter_prob 0.5 --color_jitter 0.1"),
        .init(.train, "--bf16 --fp16_opt_level O0", acting: "--bf16"),
        .init(.train, "--fp16 --fp16_opt_level O0", acting: "--fp16 --fp16_opt_level O1"),
        .init(.train, "--precision amp --fp16_opt_level O0", acting: "--precision amp"),
        .init(.train, "--fp16_opt_level O2", acting: "--fp16_opt_level O0 --bf16"),
        .init(.train, "--fp16_opt_level O2 --bf16", acting: "--fp16_opt_level O0 --bf16"),
        .init(
            .train, "--fp16_opt_level O2 --precision fp32",
            acting: "--fp16_opt_level O0 --precision amp"),
        .init(.train, "--scale_loss 1024 --bf16", acting: "--scale_loss 1024 --fp16"),
        .init(.train, "--sharding stage2", acting: ""),
        .init(.train, "--sharding_parallel_degree 8", acting: "--sharding_parallel_degree 1"),
        .init(.train, "--tensor_parallel_degree 8", acting: "--tensor_parallel_degree 1"),
        .init(.train, "--local_loss", acting: "--local_loss false"),
        .init(.train, "--gather_with_grad false", acting: "--gather_with_grad"),
        .init(.train, "--loss_gather all", acting: "--loss_gather ring"),
        .init(
            .train, "--visual_lr 0.1 --lock_visual",
            acting: "--visual_lr 0.1 --lock_visual --lock_visual_unlocked_groups 1"),
        .init(.train, "--visual_wd 0.1 --lock_visual", acting: "--visual_wd 0.1 --lock_text"),
        .init(.train, "--visual_ld 0.1 --lock_visual", acting: "--visual_ld 0.1"),
        .init(.train, "--text_lr 0.1 --lock_text", acting: "--text_lr 0.1"),
        .init(.train, "--text_wd 0.1 --lock_text", acting: "--text_wd 0.1 --lock_visual"),
        .init(.train, "--text_ld 0.1 --lock_text", acting: "--text_ld 0.1"),
        .init(.train, "--layer_decay 0.5", acting: "--layer_decay 0.5 --text_ld 0"),
        .init(
            .train, "--adam_epsilon 1e-6 --optimizer lion",
            acting: "--adam_epsilon 1e-6 --optimizer adamw"),
        .init(.train, "--num_train_epochs 3 --max_steps 5", acting: "--num_train_epochs 3"),
        .init(
            .train, "--stop_after_steps 5 --max_steps 5",
            acting: "--stop_after_steps 4 --max_steps 5"
        ),
        .init(
            .train, "--warmup_ratio 0.1 --warmup_steps 5", acting: "--warmup_ratio 0.1"),
        .init(
            .train, "--cooldown_steps 5",
            acting: "--cooldown_steps 5 --lr_scheduler_type constant_with_cooldown"),
        .init(
            .train, "--logging_steps 5 --logging_strategy epoch",
            acting: "--logging_steps 5 --logging_strategy no --do_eval --classification_eval c"),
        .init(.train, "--logging_dir d --tensorboard false", acting: "--logging_dir d"),
        .init(.train, "--report_to wandb", acting: "--report_to none"),
        .init(.train, "--report_to all visualdl", acting: "--report_to all"),
        .init(
            .train, "--report_to tensorboard --tensorboard false", acting: "--report_to tensorboard"
        ),
        .init(.train, "--save_steps 5 --save_strategy no", acting: "--save_steps 5"),
        .init(
            .train, "--save_total_limit 5 --save_strategy no",
            acting: "--save_total_limit 5 --save_strategy no --save_minutes 1"),
        .init(
            .train, "--ignore_data_skip",
            acting: "--ignore_data_skip --resume_from_checkpoint latest"
        ),
        .init(
            .train, "--ignore_load_lr_and_optim",
            acting: "--ignore_load_lr_and_optim --resume latest"),
        .init(
            .train, "--greater_is_better false",
            acting: "--greater_is_better false --metric_for_best_model top1 " + evaluates),
        .init(.train, "--classification_eval c", acting: "--classification_eval c --do_eval"),
        .init(
            .train, "--labels l --classification_eval c", acting: "--labels l " + evaluates),
        .init(
            .train, "--templates t --classification_eval c", acting: "--templates t " + evaluates),
        .init(.train, "--retrieval_eval r", acting: "--retrieval_eval r --do_eval"),
        .init(
            .train, "--retrieval_split val --retrieval_eval r",
            acting: "--retrieval_split val --retrieval_eval r --do_eval"),
        .init(
            .train, "--retrieval_split val " + evaluates,
            acting: "--retrieval_split val --retrieval_eval r " + evaluates),
        .init(
            .train, "--retrieval_split val --retrieval_eval a.jsonl --do_eval",
            acting: "--retrieval_split val --retrieval_eval r --do_eval"),
        .init(.train, "--max_evaluate_steps 5", acting: "--max_evaluate_steps 5 " + evaluates),
        .init(.train, "--minimum_eval_times 5", acting: "--minimum_eval_times 5 " + evaluates),
        .init(
            .train, "--per_device_eval_batch_size 5",
            acting: "--per_device_eval_batch_size 5 " + evaluates),
        .init(.train, "--eval_steps 5", acting: "--eval_steps 5 " + evaluates),
        .init(
            .train, "--zeroshot_frequency 5 " + evaluates,
            acting: "--zeroshot_frequency 5 --evaluation_strategy epoch --classification_eval c"),
        .init(.train, "--do_eval " + evaluates, acting: "--do_eval --classification_eval c"),
        .init(
            .eval, "--retrieval_split val", acting: "--retrieval_split val --retrieval_eval r"),
        .init(
            .eval, "--retrieval_split val --retrieval_eval a.csv",
            acting: "--retrieval_split val --retrieval_eval r"),
        .init(
            .eval, "--classifier_cache false --classification_eval= --retrieval_eval r",
            acting: "--classifier_cache false"),
        .init(
            .eval, "--max_evaluate_steps 5 --classification_eval= --linear_probe p",
            acting: "--max_evaluate_steps 5"),
        .init(.eval, "--fp16_opt_level O2", acting: "--fp16_opt_level O0 --bf16"),
        .init(.eval, "--fp16_opt_level O2 --bf16", acting: "--fp16_opt_level O0 --bf16"),
    ]

    private func warnings(_ text: String, _ verb: FlagVerb) throws -> [String] {
        let base = try #require(FlagExample.base[verb]) + " "
        let flags = try FlagParser.parse(
            (base + text).split(separator: " ").map(String.init), verb: verb)
        return switch verb {
        case .train: try TrainingConfiguration(flags: flags).warnings(of: flags)
        case .eval: try EvaluationConfiguration(flags: flags).warnings(of: flags)
        }
    }

    @Test(
        "A flag that changes nothing is said to, and said nothing of where it acts",
        arguments: examples)
    func said(example: Example) throws {
        let prefix = "--\(example.flag) has no effect: "
        let idle = try warnings(example.idle, example.verb).filter { $0.hasPrefix(prefix) }
        #expect(idle.count == 1 && Set(idle).count == idle.count, "\(idle)")
        let acting = try warnings(example.acting, example.verb).filter { $0.hasPrefix(prefix) }
        #expect(acting == [])
    }

    @Test("Every such combination in the table has an example here")
    func coverage() throws {
        var said: [FlagVerb: Set<String>] = [:]
        for example in Self.examples {
            said[example.verb, default: []].formUnion(try warnings(example.idle, example.verb))
        }
        let train = IdleSettings.training.flatMap { setting in
            setting.flags.map { "--\($0) has no effect: \(setting.reason)" }
        }
        let eval = IdleSettings.evaluation.flatMap { setting in
            setting.flags.map { "--\($0) has no effect: \(setting.reason)" }
        }
        #expect(Set(train).subtracting(said[.train] ?? []) == [])
        #expect(Set(eval).subtracting(said[.eval] ?? []) == [])
    }

    @Test("A flag that is given its default is not said to be without effect")
    func defaults() throws {
        #expect(
            try warnings(
                "--csv_img_key filepath --download --zeroshot_frequency 1 --layer_decay 1.0", .train
            ) == [])
        #expect(try warnings("", .train) == [] && warnings("", .eval) == [])
    }

    @Test("A printed configuration, which gives every flag, warns of no more than was given")
    func printed() throws {
        for text in ["", "--csv_img_key u", "--lock_visual --task_name shapes"] {
            let flags = try FlagParser.parse(
                ("--output_dir o " + text).split(separator: " ").map(String.init), verb: .train)
            let read = try RunConfigurationFile.parse(
                RunConfigurationFile.text(of: flags), source: "printed", verb: .train)
            #expect(
                try TrainingConfiguration(flags: read).warnings(of: read) == warnings(text, .train))
        }
    }
}
