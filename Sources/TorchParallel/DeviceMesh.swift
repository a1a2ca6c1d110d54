/// How the ranks are arranged: `world = data x sharding x tensor`, the tensor axis innermost.
///
/// Rank nesting as in PaddleMIX: `((data * shardings) + sharding) * tensors + tensor`.
package struct DeviceMesh: Sendable, Equatable {
    /// The axes, outermost first.
    package enum Axis: String, Sendable, CaseIterable {
        case data
        case sharding
        case tensor
    }

    package let dataDegree: Int
    package let shardingDegree: Int
    package let tensorDegree: Int
    /// This process's rank among all.
    package let rank: Int

    /// The arrangement of one process.
    package static let single = DeviceMesh(data: 1, sharding: 1, tensor: 1, rank: 0)

    package init(data: Int, sharding: Int, tensor: Int, rank: Int) {
        guard data > 0, sharding > 0, tensor > 0, (0..<data * sharding * tensor).contains(rank)
        else {
            fatalError("rank \(rank) is not in a mesh of \(data) x \(sharding) x \(tensor) ranks")
        }
        dataDegree = data
        shardingDegree = sharding
        tensorDegree = tensor
        self.rank = rank
    }

    /// The number of all ranks.
    package var worldSize: Int { dataDegree * shardingDegree * tensorDegree }

    /// The number of ranks that read different samples.
    package var dataWorldSize: Int { dataDegree * shardingDegree }

    /// This rank's place among those that read different samples.
    package var dataWorldRank: Int { rank / tensorDegree }

    /// This rank's place along `axis`.
    package func rank(along axis: Axis) -> Int {
        switch axis {
        case .data: rank / (shardingDegree * tensorDegree)
        case .sharding: rank / tensorDegree % shardingDegree
        case .tensor: rank % tensorDegree
        }
    }
}
