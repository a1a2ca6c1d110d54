internal import EVAConfiguration
internal import Foundation
internal import TorchParallel

/// The processes that a launcher has started for one command.
enum Ranks {
    /// What the launcher says; nil for a process of its own. Only the first rank speaks from then on.
    ///
    /// - Throws: `UsageError` where the launcher's numbers do not fit.
    static func launch() throws -> Launch? {
        let launch = try usage { try Launch(environment: ProcessInfo.processInfo.environment) }
        if let launch, launch.rank > 0 { Console.follow(asRank: launch.rank) }
        return launch
    }

    /// Joins the ranks, arranged as it is asked for.
    ///
    /// - Throws: `UsageError` for degrees that do not fit; `ParallelError` where the ranks do not
    ///   find each other.
    static func join(
        _ launch: Launch?, _ distribution: DistributionConfiguration = DistributionConfiguration()
    ) throws -> ParallelContext {
        // One process holds everything itself, whatever the degrees; it says so.
        guard let launch, launch.size > 1 else { return .single }
        // Where nothing is sharded, the ranks that remain are replicas.
        let sharding = distribution.shardingStage > 0 ? distribution.shardingDegree : 1
        return try usage {
            try ParallelContext(
                launch, sharding: sharding, tensor: distribution.tensorDegree,
                timeout: .seconds(distribution.collectiveTimeout))
        }
    }

    /// Joins the ranks as replicas of each other.
    static func join(_ launch: Launch?, timeout: Double) throws -> ParallelContext {
        var distribution = DistributionConfiguration()
        distribution.collectiveTimeout = timeout
        return try join(launch, distribution)
    }

    /// - Throws: `UsageError` for what the person who started the ranks has to change.
    private static func usage<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ParallelError {
            if error.isUsage { throw UsageError(error.description) }
            throw error
        }
    }
}
