import EVAConfiguration
import EVATraining
import Testing

@Suite struct TrainingSupportTests {
    private func configuration(_ flags: [String]) throws -> TrainingConfiguration {
        try TrainingConfiguration(
            flags: FlagParser.parse(["--output_dir", "o"] + flags, verb: .train))
    }

    @Test(
        "What is not carried out is refused under its flag",
        arguments: [
            "--sharding_parallel_degree 8", "--tensor_parallel_degree 2",
        ])
    func refused(flags: String) throws {
        let problems = TrainingSupport.problems(
            of: try configuration(flags.split(separator: " ").map(String.init)))
        let name = String(flags.split(separator: " ")[0])
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.description.hasPrefix(name) == true, "\(problems)")
    }

    @Test("The default run, and what one process can do, is accepted")
    func accepted() throws {
        #expect(TrainingSupport.problems(of: try configuration([])).isEmpty)
        let flags = [
            "--bf16", "--recompute", "--mask_duplicates", "--lr_scheduler_type", "constant",
            "--save_minutes", "1", "--last_epoch", "3", "--sharding", "stage2", "--local_loss",
            "--gather_with_grad", "--sharding_parallel_degree", "1", "--tensor_parallel_degree",
            "1", "--evaluation_strategy", "epoch", "--classification_eval", "c",
        ]
        let given = try configuration(flags)
        #expect(TrainingSupport.problems(of: given).isEmpty)
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
