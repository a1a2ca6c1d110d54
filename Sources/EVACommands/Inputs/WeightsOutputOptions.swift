internal import ArgumentParser
internal import EVAConfiguration

/// The options of every verb that writes a model's weights.
struct WeightsOutputOptions: ParsableArguments {
    @Flag(help: "Replace the output if it exists.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "Keep golden vectors in a folder: features of fixed inputs, for verify. They need the "
                + "whole model in memory (in bf16 beyond 2 billion parameters).",
            valueName: "true|false"), transform: BooleanOption.read)
    var golden = true

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?
}
