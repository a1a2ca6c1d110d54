package import Torch

/// This process among the ranks of a run: their arrangement, their groups, and who writes.
///
/// Made first and handed down.
///
/// One thread at a time uses it and its groups.
package final class ParallelContext {
    package let mesh: DeviceMesh
    /// All ranks.
    package let world: any ProcessGroup
    /// The ranks that read different samples and hold the same part of each layer.
    package let dataRanks: any ProcessGroup
    /// The ranks that hold the same as this one: the data axis.
    package let replicas: any ProcessGroup
    /// The ranks that hold the other shards: the sharding axis.
    package let shards: any ProcessGroup
    /// The ranks that hold the other parts of each layer: the tensor axis.
    package let layerParts: any ProcessGroup
    private let session: MPISession?
    private let gpus: NCCLSession?

    /// Whether this rank writes the run's files and speaks for all.
    package var isWriter: Bool { mesh.rank == 0 }

    /// One process.
    package static var single: ParallelContext { ParallelContext() }

    private init() {
        mesh = .single
        let group = SingleProcessGroup()
        (world, dataRanks, replicas, shards, layerParts) = (group, group, group, group, group)
        (session, gpus) = (nil, nil)
    }

    /// Joins the ranks that a launcher has started; without one this process is the only rank.
    ///
    /// - Parameters:
    ///   - launch: what the launcher says; nil for a process of its own.
    ///   - sharding: ranks among which is sharded; nil for all that remain.
    ///   - tensor: ranks among which each layer is split.
    ///   - pipeline: only 1.
    ///   - device: where this rank computes; tensors of GPUs go by NCCL.
    ///   - timeout: how long the other ranks are waited for in a collective.
    /// - Throws: `ParallelError` for degrees that do not fit, before any rank is waited for, and
    ///   where the ranks cannot be joined.
    package init(
        _ launch: Launch?, sharding: Int? = 1, tensor: Int = 1, pipeline: Int = 1,
        device: Device = .cpu, timeout: Duration
    ) throws {
        mesh = try DeviceMesh(
            world: launch?.size ?? 1, sharding: sharding, tensor: tensor, pipeline: pipeline,
            rank: launch?.rank ?? 0)
        guard let launch, launch.size > 1 else {
            let group = SingleProcessGroup()
            (world, dataRanks, replicas, shards, layerParts) = (group, group, group, group, group)
            (session, gpus) = (nil, nil)
            return
        }
        let session = try MPISession(launch, timeout: timeout)
        try session.openBoard()
        self.session = session
        let hosts = MPIProcessGroup(world: session)
        gpus = device.kind == .cuda ? try NCCLSession(device) : nil
        let everyone: any ProcessGroup = gpus.map { NCCLProcessGroup(hosts, in: $0) } ?? hosts
        world = everyone
        let places = Axes(mesh)
        dataRanks = try everyone.split(color: places.tensor, name: "data ranks")
        replicas = try everyone.split(
            color: places.sharding * mesh.tensorDegree + places.tensor, name: "data")
        shards = try everyone.split(
            color: places.data * mesh.tensorDegree + places.tensor, name: "sharding")
        layerParts = try everyone.split(color: mesh.dataWorldRank, name: "tensor")
    }

    private struct Axes {
        let data: Int
        let sharding: Int
        let tensor: Int

        init(_ mesh: DeviceMesh) {
            data = mesh.rank(along: .data)
            sharding = mesh.rank(along: .sharding)
            tensor = mesh.rank(along: .tensor)
        }
    }

    /// Says what this rank is at, for the others to name if it does not come to them.
    package func enter(_ stage: String) { session?.board?.stage = stage }

    /// Leaves the ranks when the work is done; all have to.
    ///
    /// After an error a rank just ends, and its
    /// launcher ends the others.
    package func leave() throws {
        if let gpus, let session {
            try world.barrier()
            try gpus.leave(atMost: session.timeout)
        }
        try session?.stop()
    }
}
