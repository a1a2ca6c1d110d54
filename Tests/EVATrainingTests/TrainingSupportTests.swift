import EVAConfiguration
import EVATraining
import Testing

@Suite struct TrainingSupportTests {
    private func configuration(_ flags: [String]) throws -> TrainingConfiguration {
        try TrainingConfiguration(
            flags: FlagParser.parse(["--output_dir", "o"] + flags, verb: .train))
    }

    @Test(
        "One of several processes does not start",
        arguments: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"])
    func refused(variable: String) {
        let refusal = TrainingSupport.refusal(environment: [variable: "8"])
        #expect(refusal?.contains("8 processes (\(variable))") == true)
        #expect(TrainingSupport.refusal(environment: [variable: "1"]) == nil)
    }

    @Test("Degrees of more than one process are taken, and said to divide nothing")
    func degrees() throws {
        let flags = ["--sharding_parallel_degree", "8", "--tensor_parallel_degree", "2"]
        let notes = TrainingSupport.notes(on: try configuration(flags))
        for flag in ["--sharding_parallel_degree 8", "--tensor_parallel_degree 2"] {
            #expect(notes.count { $0.hasPrefix(flag) } == 1, "\(flag): \(notes)")
        }
    }

    @Test("A process of its own, and what it says of the distributed flags")
    func accepted() throws {
        #expect(TrainingSupport.refusal(environment: [:]) == nil)
        let flags = [
            "--bf16", "--recompute", "--mask_duplicates", "--lr_scheduler_type", "constant",
            "--save_minutes", "1", "--last_epoch", "3", "--sharding", "stage2", "--local_loss",
            "--gather_with_grad", "--sharding_parallel_degree", "1", "--tensor_parallel_degree",
            "1", "--evaluation_strategy", "epoch", "--classification_eval", "c",
        ]
        let given = try configuration(flags)
        let notes = TrainingSupport.notes(on: given)
        for flag in ["--sharding:", "--sharding_parallel_degree 1", "--local_loss", "--gather"] {
            #expect(notes.count { $0.hasPrefix(flag) } == 1, "\(flag): \(notes)")
        }
    }

    @Test("What changes nothing is said")
    func notes() throws {
        let quiet = ["--tensorboard", "false"]
        #expect(TrainingSupport.notes(on: try configuration(quiet)).isEmpty)
        for (flags, word) in [
            (["--train_num_samples", "9"], "--train_num_samples"),
            (["--train_data_upsampling_factors", "2"], "--train_data_upsampling_factors"),
            (["--scale_loss", "1024"], "--scale_loss"),
            (["--cooldown_steps", "9"], "--cooldown_steps"),
            (["--lock_text_unlocked_groups", "2"], "--lock_text_unlocked_groups"),
            (["--optimizer", "lion", "--adam_epsilon", "1e-6"], "--adam_epsilon"),
            (["--classification_eval", "c"], "--classification_eval"),
            (["--ignore_data_skip"], "--ignore_data_skip"),
            (["--ignore_load_lr_and_optim"], "--ignore_load_lr_and_optim"),
            (["--minimum_eval_times", "3"], "--minimum_eval_times"),
        ] {
            let notes = TrainingSupport.notes(on: try configuration(quiet + flags))
            #expect(notes.count == 1 && notes[0].contains(word), "\(flags): \(notes)")
        }
    }
}
