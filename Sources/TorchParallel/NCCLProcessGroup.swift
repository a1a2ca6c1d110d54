internal import CCollectives
internal import Torch

/// Ranks whose GPUs talk through NCCL, and whose hosts talk through Open MPI.
///
/// Tensors on a GPU go by NCCL; those in host memory, barriers and the group's making go by Open MPI.
final class NCCLProcessGroup: ProcessGroup {
    private let hosts: MPIProcessGroup
    private let session: NCCLSession
    /// Made when first needed, since each takes memory of the GPU.
    private var link: NCCLLink?

    var rank: Int { hosts.rank }
    var size: Int { hosts.size }

    init(_ hosts: MPIProcessGroup, in session: NCCLSession) {
        self.hosts = hosts
        self.session = session
    }

    func start(_ collective: Collective) throws -> PendingCollective {
        try start(together: [collective])
    }

    func start(together messages: [Collective]) throws -> PendingCollective {
        let tensors = messages.flatMap(\.tensors)
        guard let device = tensors.first?.device, device.kind == .cuda else {
            let pending = try messages.map(hosts.start)
            return PendingCollective { for message in pending { try message.wait() } }
        }
        // What others wait for must not be the zeros of a computation that failed.
        try throwPresentTorchFailure()
        let work = NCCLWork(
            messages, tensors: tensors, number: messages.map(hosts.noteStart)[0], in: hosts)
        let link = try self.link ?? session.join(hosts, for: work)
        self.link = link
        try session.start(work, over: link)
        return PendingCollective { [session] in try session.finish(work, over: link) }
    }

    func split(color: Int, name: String) throws -> any ProcessGroup {
        NCCLProcessGroup(try hosts.part(color: color, name: name), in: session)
    }
}

/// What ranks have NCCL do together.
final class NCCLWork {
    let messages: [Collective]
    /// They stay until the work is done.
    private let tensors: [Tensor]
    private let number: Int
    private let hosts: MPIProcessGroup
    /// Behind the work on its stream, once it is there.
    var mark: TransferLane.Mark?

    /// - Parameter number: of the first collective in its group.
    init(
        _ messages: [Collective], tensors: [Tensor], number: Int, in hosts: MPIProcessGroup
    ) {
        self.messages = messages
        self.tensors = tensors
        self.number = number
        self.hosts = hosts
    }

    /// How long it is waited for.
    var timeout: Duration { hosts.timeout }

    /// That a rank did not come to it.
    var lateness: ParallelError { .timedOut(hosts.lateness(messages[0], number: number)) }
}
