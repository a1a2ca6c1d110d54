/// Every combination in which a flag changes nothing.
package enum IdleSettings {
    /// Those of `train` in one process.
    package static let training = trainingOnRanks + distribution

    /// Those of `train` on any number of ranks.
    static let trainingOnRanks =
        model + data + optimization + precision + logging + checkpoints + evaluations

    /// Those of `eval`.
    package static let evaluation: [IdleSetting<EvaluationConfiguration>] = [
        .init("retrieval_split", because: "without --retrieval_eval there is nothing to divide") {
            run, _ in run.tasks.retrieval == nil
        },
        .init("retrieval_split", because: "a file of captions has no parts") { run, _ in
            run.tasks.retrieval.map(isFile) ?? false
        },
        .init(
            "classifier_cache", because: "without --classification_eval there is no classifier"
        ) { run, _ in run.tasks.classification == nil },
        .init("max_evaluate_steps", because: "a linear probe takes all of its pictures") {
            run, _ in run.tasks.classification == nil && run.tasks.retrieval == nil
        },
        .init("fp16_opt_level", because: "without --fp16 or --bf16 all is computed in fp32") {
            _, flags in !asksForHalf(flags)
        },
        .init(
            "fp16_opt_level", because: "an evaluation keeps matrices in the format of its products"
        ) { _, flags in asksForHalf(flags) && flags.text("fp16_opt_level") == "O2" },
    ]

    /// Whether a number format of 16 bits is asked for.
    static func asksForHalf(_ flags: FlagValues) -> Bool {
        flags.bool("bf16") || flags.bool("fp16")
            || !["fp32", nil].contains(flags.text("precision"))
    }

    /// Whether captions lie in a file, by its name.
    static func isFile(_ path: String) -> Bool { [.table, .captions].contains(DataKind(path)) }
}
