extension FlagTable {
    static let run: [FlagDefinition] = [
        .init(
            "output_dir", .string, nil, .both,
            .differs("eval does without; given, it receives eval.json"),
            "The folder that the run writes to."),
        .init(
            "do_train", .bool, .bool(true), .trainAcceptedByEval,
            .differs("true by default; false builds and checks everything, then ends"), "Train."),
        .init(
            "seed", .integer, .integer(42), .trainAcceptedByEval, .original,
            range: .from(0, to: 4_294_967_295), "The seed of every random choice."),
        .init(
            "device", .string, .string("auto"), .both,
            .differs("is obeyed: auto, cpu, cuda or cuda:N (gpu is taken for cuda)"),
            "The device; auto takes a GPU where there is one."),
        .init(
            "no_cuda", .bool, .bool(false), .both, .differs("is obeyed"),
            "The same as --device cpu."),
        .init(
            "threads", .integer, nil, .both, .added,
            range: .threads,
            "Threads of the computation, at most the processors that may be used; one per processor "
                + "if not given."),
        .init(
            "cpu_core_bind", .bool, .bool(false), .train,
            .noEffect("processes are bound by mpirun, srun, numactl or taskset"),
            "In the original, binds each process to three cores."),
        .init(
            "run_config", .string, nil, .both, .added,
            "A YAML file of flags; those on the command line go before."),
        .init(
            "print_config", .bool, .bool(false), .both, .added,
            "Print every flag's value as a file for --run_config, and end."),
    ]
}
