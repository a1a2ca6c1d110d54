internal import Torch

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
    /// What the groups' collectives have moved so far, by the names of `RankGroup`.
    package let traffic = Traffic()
    private let session: MPISession?

    /// Whether this rank writes the run's files and speaks for all.
    package var isWriter: Bool { mesh.rank == 0 }

    /// One process.
    package static var single: ParallelContext { ParallelContext() }

    private init() {
        mesh = .single
        let group = SingleProcessGroup()
        (world, dataRanks, replicas, shards, layerParts) = (group, group, group, group, group)
        session = nil
    }

    /// Joins the ranks that a launcher has started; without one this process is the only rank.
    ///
    /// - Parameters:
    ///   - launch: what the launcher says; nil for a process of its own.
    ///   - sharding: ranks among which is sharded; nil for all that remain.
    ///   - tensor: ranks among which each layer is split.
    ///   - pipeline: only 1.
    ///   - timeout: how long the other ranks are waited for in a collective.
    /// - Throws: `ParallelError` for degrees that do not fit, before any rank is waited for, and
    ///   where the ranks cannot be joined.
    package init(
        _ launch: Launch?, sharding: Int? = 1, tensor: Int = 1, pipeline: Int = 1,
        timeout: Duration
    ) throws {
        mesh = try DeviceMesh(
            world: launch?.size ?? 1, sharding: sharding, tensor: tensor, pipeline: pipeline,
            rank: launch?.rank ?? 0)
        guard let launch, launch.size > 1 else {
            let group = SingleProcessGroup()
            (world, dataRanks, replicas, shards, layerParts) = (group, group, group, group, group)
            session = nil
            return
        }
        let session = try MPISession(launch, timeout: timeout)
        try session.openBoard()
        self.session = session
        let everyone = MeteredGroup(
            MPIProcessGroup(world: session), name: RankGroup.world.rawValue, traffic: traffic)
        world = everyone
        (dataRanks, replicas, shards, layerParts) = try Self.groups(of: everyone, mesh)
    }

    /// The ranks of a group, arranged as `mesh` says; all of them call it.
    ///
    /// - Parameter other: the context whose board says what ranks are at; nil where there is none.
    package init(
        arranging world: any ProcessGroup, as mesh: DeviceMesh,
        stagesOf other: ParallelContext? = nil
    ) throws {
        self.mesh = mesh
        self.world = world
        session = other?.session
        (dataRanks, replicas, shards, layerParts) = try Self.groups(of: world, mesh)
    }

    private static func groups(of world: any ProcessGroup, _ mesh: DeviceMesh) throws -> (
        any ProcessGroup, any ProcessGroup, any ProcessGroup, any ProcessGroup
    ) {
        let places = Axes(mesh)
        func group(_ name: RankGroup, color: Int) throws -> any ProcessGroup {
            try world.split(color: color, name: name.rawValue)
        }
        return (
            try group(.dataRanks, color: places.tensor),
            try group(.data, color: places.sharding * mesh.tensorDegree + places.tensor),
            try group(.sharding, color: places.data * mesh.tensorDegree + places.tensor),
            try group(.tensor, color: mesh.dataWorldRank)
        )
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

    /// Whether something holds on any of the ranks, which all ask.
    package func any(_ holds: Bool) throws -> Bool {
        guard world.size > 1 else { return holds }
        return try world.gather(holds ? 1 : 0).contains(1)
    }

    /// The writing rank's text on every rank; the others give nil.
    package func shared(_ text: String?) throws -> String? {
        guard world.size > 1 else { return text }
        let own = Array((text ?? "").utf8)
        let count = try world.gather(text == nil ? -1 : own.count)[0]
        guard count >= 0 else { return nil }
        // One byte more, so that no text is an empty tensor.
        let bytes = (isWriter ? own : Array(repeating: 0, count: count)) + [0]
        let tensor = try bytes.withUnsafeBytes {
            try Tensor(bytes: $0, shape: [bytes.count], dtype: .uint8)
        }
        try world.broadcast(inPlace: tensor)
        return tensor.withHostBytes { String(decoding: $0.dropLast(), as: UTF8.self) }
    }

    /// Leaves the ranks when the work is done; all have to.
    ///
    /// After an error a rank just ends, and its
    /// launcher ends the others.
    package func leave() throws { try session?.stop() }
}
