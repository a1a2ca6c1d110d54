internal import CCollectives
internal import Torch

/// Ranks that talk through Open MPI, on tensors in host memory.
final class MPIProcessGroup: ProcessGroup {
    let rank: Int
    let size: Int
    private let communicator: OpaquePointer
    private let session: MPISession
    /// What the group is called, on all its ranks.
    private let name: String
    /// The group's ranks among all.
    private let members: [Int]

    /// All ranks.
    init(world session: MPISession) {
        rank = session.rank
        size = session.size
        communicator = session.world
        self.session = session
        name = "world"
        members = Array(0..<session.size)
    }

    private init(
        _ communicator: OpaquePointer, name: String, members: [Int], in session: MPISession
    ) {
        self.communicator = communicator
        self.session = session
        self.name = name
        self.members = members
        size = members.count
        guard let rank = members.firstIndex(of: session.rank) else {
            fatalError("rank \(session.rank) is not among the members \(members) of '\(name)'")
        }
        self.rank = rank
    }

    func split(color: Int, name: String) throws -> any ProcessGroup {
        try part(color: color, name: name)
    }

    /// As `split`.
    func part(color: Int, name: String) throws -> MPIProcessGroup {
        let colors = try gather(color)
        var part: OpaquePointer?
        try MPISession.check(cc_split(communicator, Int32(color), &part), "MPI_Comm_split")
        guard let part else { fatalError("Open MPI made no communicator") }
        return MPIProcessGroup(
            part, name: name, members: zip(members, colors).filter { $0.1 == color }.map(\.0),
            in: session)
    }

    func start(_ collective: Collective) throws -> PendingCollective {
        // What others wait for must not be the zeros of a computation that failed.
        try throwPresentTorchFailure()
        let request = try begin(collective)
        session.keep(request)
        let number = noteStart(of: collective)
        return PendingCollective { [session] in
            guard try request.wait(atMost: session.timeout, collective.call) else {
                throw ParallelError.timedOut(self.lateness(collective, number: number))
            }
            session.release(request)
        }
    }

    /// How long a collective is waited for.
    var timeout: Duration { session.timeout }

    /// Writes down for the other ranks that this one starts a collective.
    ///
    /// - Returns: its number in the group.
    func noteStart(of collective: Collective) -> Int {
        collective.peer == nil ? session.board?.noteStart(in: name) ?? 0 : 0
    }

    private func begin(_ collective: Collective) throws(ParallelError) -> MPIRequest {
        let group = communicator
        func request(
            _ tensors: Tensor..., begin: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
        ) throws(ParallelError) -> MPIRequest {
            try MPIRequest(tensors: tensors, call: collective.call, begin)
        }
        switch collective {
        case .sum(let tensor):
            return try request(tensor) {
                cc_sum(group, tensor.memory, tensor.length, tensor.summedType, $0)
            }
        case .sumScatter(let whole, let slice):
            return try request(whole, slice) {
                cc_sum_scatter(
                    group, whole.memory, slice.memory, slice.length, slice.summedType, $0)
            }
        case .gather(let part, let whole):
            return try request(part, whole) {
                cc_gather(group, part.memory, whole.memory, part.length, part.movedType, $0)
            }
        case .broadcast(let tensor, let root):
            return try request(tensor) {
                cc_broadcast(
                    group, tensor.memory, tensor.length, tensor.movedType, Int32(root), $0)
            }
        case .barrier:
            return try request { cc_barrier(group, $0) }
        case .send(let tensor, let target):
            return try request(tensor) {
                cc_send(group, tensor.memory, tensor.length, tensor.movedType, Int32(target), $0)
            }
        case .receive(let tensor, let source):
            return try request(tensor) {
                cc_receive(
                    group, tensor.memory, tensor.length, tensor.movedType, Int32(source), $0)
            }
        }
    }

    /// Who has not come, as far as it is known on this host.
    func lateness(_ collective: Collective, number: Int) -> ParallelError.Lateness {
        var missing: [String] = []
        var unknown: [Int] = []
        if let board = session.board {
            if let peer = collective.peer {
                let line = board.line(for: members[peer])
                missing = line.map { [$0] } ?? []
                unknown = line == nil ? [members[peer]] : []
            } else {
                (missing, unknown) = board.missing(from: name, number: number, members: members)
            }
        }
        return ParallelError.Lateness(
            collective: collective.summary, group: name,
            seconds: session.timeout / .seconds(1), missing: missing, unknown: unknown,
            stage: session.board?.stage ?? "start")
    }
}

extension Collective {
    /// The function of MPI that carries it out.
    fileprivate var call: String {
        switch self {
        case .sum: "MPI_Iallreduce"
        case .sumScatter: "MPI_Ireduce_scatter_block"
        case .gather: "MPI_Iallgather"
        case .broadcast: "MPI_Ibcast"
        case .barrier: "MPI_Ibarrier"
        case .send: "MPI_Isend"
        case .receive: "MPI_Irecv"
        }
    }

    /// The one rank of the group that the operation is with; nil where it is with all.
    fileprivate var peer: Int? {
        switch self {
        case .send(_, let target): target
        case .receive(_, let source): source
        case .sum, .sumScatter, .gather, .broadcast, .barrier: nil
        }
    }

    /// For messages.
    fileprivate var summary: String {
        switch self {
        case .sum(let tensor): "the sum of \(tensor)"
        case .sumScatter(let whole, _): "the scattered sum of \(whole)"
        case .gather(let part, _): "the gathering of \(part)"
        case .broadcast(let tensor, let root): "the broadcast of \(tensor) from \(root)"
        case .barrier: "the barrier"
        case .send(let tensor, let target): "the sending of \(tensor) to \(target)"
        case .receive(let tensor, let source): "the arrival of \(tensor) from \(source)"
        }
    }
}

extension Tensor {
    /// Where the elements lie as long as the tensor does.
    fileprivate var memory: UnsafeMutableRawPointer? {
        withMutableHostBytes { $0.baseAddress }
    }

    fileprivate var length: Int32 {
        guard let length = Int32(exactly: count) else {
            fatalError("a collective on \(self): its ranks take fewer than 2^31 elements at once")
        }
        return length
    }

    var summedType: cc_type {
        switch dtype {
        case .float32: CC_FLOAT32
        case .int64: CC_INT64
        case .bfloat16, .float16, .float64, .int32, .uint8, .bool:
            fatalError("a sum over ranks of \(self): expected fp32 or int64")
        }
    }

    /// Any type of the same width.
    fileprivate var movedType: cc_type {
        switch dtype.byteCount {
        case 8: CC_INT64
        case 4: CC_FLOAT32
        case 2: CC_BITS16
        default: CC_BYTES
        }
    }
}
