extension FlagTable {
    static let distribution: [FlagDefinition] = [
        .init(
            "sharding", .list, nil, .trainAcceptedByEval,
            .differs(
                "is taken, and not available: this version divides samples among ranks and nothing else"
            ),
            "stage1, stage2 or stage3, and offload."),
        .init(
            "sharding_parallel_degree", .integer, .integer(-1), .trainAcceptedByEval,
            .differs(
                "is taken, and not available: this version divides samples among ranks and nothing else"
            ),
            range: .degree, "Processes among which is sharded; -1 for all that remain."),
        .init(
            "tensor_parallel_degree", .integer, .integer(-1), .trainAcceptedByEval,
            .differs(
                "is taken, and not available: this version divides samples among ranks and nothing else"
            ),
            range: .degree, "Processes among which each layer is split."),
        .init(
            "pipeline_parallel_degree", .integer, .integer(-1), .trainAcceptedByEval,
            .differs("more than 1 is refused; the original starts and fails"),
            range: .degree, "Only 1, or -1."),
        .init(
            "sep_parallel_degree", .integer, .integer(-1), .trainAcceptedByEval,
            .differs("more than 1 is refused"), range: .degree, "Only 1, or -1."),
        .init(
            "collective_timeout", .number, .number(600), .train, .added,
            range: .above(0, to: 1e6),
            "Seconds for which a rank waits for the others before the run ends."),
        .init(
            "sharding_parallel_config", .string, .string(""), .trainAcceptedByEval,
            .noEffect("communication is arranged by the program"),
            "In the original, options of the framework."),
        .init(
            "tensor_parallel_config", .string, .string(""), .trainAcceptedByEval,
            .noEffect("communication is arranged by the program"),
            "In the original, options of the framework."),
        .init(
            "hybrid_parallel_topo_order", .string, .string("pp_first"), .trainAcceptedByEval,
            .noEffect("the order of ranks is fixed"), "In the original, the order of ranks."),
    ]
}
