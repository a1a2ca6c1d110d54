import EVAConfiguration
import Testing

@Suite("The table of flags")
struct FlagTableTests {
    /// The flags that the original's training script defines.
    private static let ofTraining = """
        model task_name classification_eval pretrained visual_lr text_lr visual_wd text_wd visual_ld
        text_ld layer_decay optimizer last_epoch gather_with_grad local_loss tensorboard tensor_fusion
        cpu_core_bind fuse_ln pretrained_text_model start_epoch context_length
        """

    /// The flags that the original's evaluation script defines.
    private static let ofEvaluation = """
        model classification_eval tensorboard pretrained_text_model pretrained_model_path
        """

    /// The flags that both take over from the original's trainer.
    private static let inherited = """
        output_dir do_train do_eval evaluation_strategy eval_steps max_evaluate_steps
        per_device_train_batch_size per_device_eval_batch_size gradient_accumulation_steps
        eval_accumulation_steps learning_rate weight_decay adam_beta1 adam_beta2 adam_epsilon
        max_grad_norm num_train_epochs max_steps warmup_steps warmup_ratio lr_scheduler_type num_cycles
        lr_end power optim logging_strategy logging_steps logging_first_step logging_dir report_to
        save_strategy save_steps save_total_limit resume_from_checkpoint ignore_data_skip seed bf16 fp16
        fp16_opt_level amp_master_grad amp_custom_black_list amp_custom_white_list scale_loss recompute
        dataloader_num_workers dataloader_drop_last sharding sharding_parallel_degree
        tensor_parallel_degree pipeline_parallel_degree sep_parallel_degree sharding_parallel_config
        tensor_parallel_config hybrid_parallel_topo_order disable_tqdm load_best_model_at_end
        metric_for_best_model greater_is_better skip_memory_metrics skip_profile_timer unified_checkpoint
        ignore_load_lr_and_optim ignore_save_lr_and_optim save_on_each_node log_on_each_node
        minimum_eval_times device no_cuda overwrite_output_dir bf16_full_eval fp16_full_eval
        lazy_data_processing run_name remove_unused_columns
        """

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    @Test("Every flag of the original is taken by the verb that replaces its script")
    func completeness() {
        let train = Set(FlagTable.definitions(for: .train).map(\.name))
        let eval = Set(FlagTable.definitions(for: .eval).map(\.name))
        #expect(Set(Self.words(Self.ofTraining + " " + Self.inherited)).subtracting(train) == [])
        #expect(Set(Self.words(Self.ofEvaluation + " " + Self.inherited)).subtracting(eval) == [])
    }

    @Test("Flags are marked as added exactly where the original has none")
    func addedFlags() {
        let original = Set(
            Self.words([Self.ofTraining, Self.ofEvaluation, Self.inherited].joined(separator: " ")))
        for definition in FlagTable.all {
            #expect((definition.effect == .added) == !original.contains(definition.name))
        }
    }

    @Test("Names are in lower case with underscores, unique, and every flag is explained")
    func names() {
        var seen: Set<String> = []
        for definition in FlagTable.all {
            for name in [definition.name] + definition.aliases {
                #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
                #expect(seen.insert(name).inserted, "--\(name) is defined twice")
            }
            #expect(definition.help.hasSuffix("."))
        }
    }

    @Test("Every default is a value that the flag would take")
    func defaults() {
        for definition in FlagTable.all {
            switch (definition.type, definition.defaultValue) {
            case (_, nil), (.bool, .bool), (.integer, .integer), (.number, .number),
                (.string, .string), (.list, .list):
                break
            case (.choice(let words), .string(let word)): #expect(words.contains(word))
            default: Issue.record("the default of --\(definition.name) has another type")
            }
        }
    }
}
