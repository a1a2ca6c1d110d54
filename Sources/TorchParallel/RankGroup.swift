/// The groups of ranks that a mesh has: all of them, those along an axis, and those of two.
package enum RankGroup: String, Sendable, Codable, CaseIterable {
    /// All ranks.
    case world
    /// The ranks that read different samples: the data and the sharding axis together.
    case dataRanks = "data ranks"
    /// The ranks that hold the same.
    case data
    /// The ranks that hold the other shards.
    case sharding
    /// The ranks that hold the other parts of each layer.
    case tensor

    /// How many ranks the group has.
    package func size(in mesh: DeviceMesh) -> Int {
        switch self {
        case .world: mesh.worldSize
        case .dataRanks: mesh.dataWorldSize
        case .data: mesh.dataDegree
        case .sharding: mesh.shardingDegree
        case .tensor: mesh.tensorDegree
        }
    }

    /// How far its ranks are apart among all.
    package func stride(in mesh: DeviceMesh) -> Int {
        switch self {
        case .world, .tensor: 1
        case .dataRanks, .sharding: mesh.tensorDegree
        case .data: mesh.tensorDegree * mesh.shardingDegree
        }
    }
}
