package import TorchParallel

/// How the ranks of a run share its work and what it keeps.
package struct Arrangement: Sendable, Equatable {
    /// The degrees along the axes; the rank in it does not matter.
    package let mesh: DeviceMesh
    /// What the ranks of the sharding axis keep a share of only: 0 nothing, 1 the moments, 2 the
    /// gradients too, 3 the parameters too.
    package let shardingStage: Int

    /// One process.
    package static let single = Arrangement(mesh: .single, shardingStage: 0)

    package init(mesh: DeviceMesh, shardingStage: Int) {
        self.mesh = mesh
        self.shardingStage = shardingStage
    }

    /// Among how many ranks each buffer is divided that is sharded from a stage on.
    func shareCount(fromStage stage: Int) -> Int {
        shardingStage >= stage ? mesh.shardingDegree : 1
    }
}
