internal import CCollectives
internal import Torch

/// The stream that all groups of this process have NCCL work on, one piece after the other.
///
/// NCCL's work waits for what the GPU was given to compute before it, and goes on beside what it is
/// given afterwards. All ranks start their work in the same order, so that no two of them wait on
/// their GPUs for each other.
final class NCCLSession {
    private let lane: TransferLane
    /// What has begun and is not yet on the stream.
    private var beginning: (work: NCCLWork, link: NCCLLink)?
    /// This rank's ends of all groups, in the order in which all ranks made them.
    private var links: [NCCLLink] = []
    /// What has been started and not yet ended; its memory belongs to NCCL until then.
    private var inFlight: [ObjectIdentifier: NCCLWork] = [:]

    /// - Throws: `ParallelError` where NCCL is missing or too old.
    init(_ device: Device) throws(ParallelError) {
        if let reason = cc_nccl_load() {
            throw .gpuLibraryMissing(reason: String(cString: reason))
        }
        lane = TransferLane(to: device)
    }

    /// Makes this rank's end of a group.
    ///
    /// - Parameter work: what it is made for.
    func join(_ hosts: MPIProcessGroup, for work: NCCLWork) throws -> NCCLLink {
        try settle()
        let name = try hosts.rank == 0 ? NCCLLink.newName() : [UInt8](repeating: 0, count: 128)
        let carrier = try name.withUnsafeBytes {
            try Tensor(bytes: $0, shape: [$0.count], dtype: .uint8)
        }
        try hosts.broadcast(inPlace: carrier)
        let link = try NCCLLink(
            name: carrier.withHostBytes { [UInt8]($0) }, size: hosts.size, rank: hosts.rank)
        try wait(for: work, over: link) { try link.isDone() }
        links.append(link)
        return link
    }

    /// Leaves all groups when the work is done; all ranks have to.
    func leave(atMost limit: Duration) throws {
        try settle()
        for link in links { try link.leave(atMost: limit) }
        links = []
    }

    /// Begins work.
    func start(_ work: NCCLWork, over link: NCCLLink) throws {
        try settle()
        try link.begin(work.messages, on: lane.follow())
        inFlight[ObjectIdentifier(work)] = work
        beginning = (work, link)
    }

    /// Waits until work is done.
    func finish(_ work: NCCLWork, over link: NCCLLink) throws {
        if work.mark == nil { try settle() }
        guard let mark = work.mark else { fatalError("work of NCCL was waited for and not begun") }
        try wait(for: work, over: link) {
            // Another rank's failure comes by this way, while the work goes on for ever.
            _ = try link.isDone()
            return try mark.isReached()
        }
        inFlight[ObjectIdentifier(work)] = nil
    }

    /// Waits until what has begun is on the stream, so that a mark can be put behind it.
    private func settle() throws {
        guard let (work, link) = beginning else { return }
        try wait(for: work, over: link) { try link.isDone() }
        work.mark = try lane.mark()
        beginning = nil
    }

    private func wait(
        for work: NCCLWork, over link: NCCLLink, _ isDone: () throws -> Bool
    ) throws {
        guard try poll(atMost: work.timeout, isDone) else {
            let lateness = work.lateness
            link.giveUp()
            throw lateness
        }
    }
}
