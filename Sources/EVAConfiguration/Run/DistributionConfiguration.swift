/// How a run is divided among processes.
public struct DistributionConfiguration: Codable, Sendable, Equatable {
    /// What sharding divides: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 parameters too.
    public var shardingStage: Int

    /// Whether the optimizer's state is kept in host memory.
    public var offloadsOptimizer: Bool

    /// Processes among which is sharded; nil for all that remain.
    public var shardingDegree: Int?

    /// Processes among which each layer is split.
    public var tensorDegree: Int

    /// Seconds for which a rank waits for the others.
    public var collectiveTimeout: Double

    /// Creates the default: nothing is divided.
    public init() {
        shardingStage = 0
        offloadsOptimizer = false
        shardingDegree = nil
        tensorDegree = 1
        collectiveTimeout = 600
    }

    func validate(_ check: inout ValidationCheck) {
        check.within(.from(0, to: 3), shardingStage, "--sharding")
        check.within(.processes, tensorDegree, "--tensor_parallel_degree")
        check.flag("collective_timeout", collectiveTimeout)
        if let shardingDegree {
            check.within(.processes, shardingDegree, "--sharding_parallel_degree")
        }
    }
}
