internal import CCollectives
internal import Foundation

/// This process as one of the ranks that a launcher has started, from the first to the last call of
/// Open MPI.
///
/// One thread at a time uses it and its groups.
final class MPISession {
    /// All ranks.
    private(set) var world: OpaquePointer
    let rank: Int
    let size: Int
    /// How long a collective is waited for.
    let timeout: Duration
    private(set) var board: RankBoard?
    /// What has been started and not yet ended; its memory belongs to the library until then.
    private var inFlight: [ObjectIdentifier: MPIRequest] = [:]

    /// Joins the other ranks.
    ///
    /// - Throws: `ParallelError` where Open MPI is missing, or finds other ranks than were launched.
    init(_ launch: Launch, timeout: Duration) throws {
        if let reason = cc_load() {
            throw ParallelError.libraryMissing(reason: String(cString: reason))
        }
        var group: OpaquePointer?
        try Self.check(cc_start(&group), "MPI_Init_thread")
        guard let group else { fatalError("Open MPI made no communicator") }
        var place: (rank: Int32, size: Int32) = (0, 0)
        try Self.check(cc_place(group, &place.rank, &place.size), "MPI_Comm_rank")
        guard Int(place.size) == launch.size, Int(place.rank) == launch.rank else {
            throw ParallelError.worldDiffers(
                launcher: launch.launcher, launched: launch.size, found: Int(place.size))
        }
        world = group
        rank = Int(place.rank)
        size = Int(place.size)
        self.timeout = timeout
    }

    /// Lets the ranks of each host see what the others are at.
    func openBoard() throws {
        let everyone = MPIProcessGroup(world: self)
        // One name for all, which no other run has.
        let number = try everyone.gather(Int.random(in: 0..<(1 << 60)))[0]
        let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        let path = "\(folder)/evaclip-ranks-\(getuid())-\(number)"
        board = try RankBoard(path: path, rank: rank)
        try everyone.barrier()
        // All have it open; nothing is left behind, however the ranks end.
        unlink(path)
    }

    /// Leaves the ranks, which all have to.
    func stop() throws {
        try Self.check(cc_stop(), "MPI_Finalize")
    }

    /// - Throws: `ParallelError` for any code but that of success.
    static func check(_ code: Int32, _ call: String) throws(ParallelError) {
        guard code != 0 else { return }
        var text = [CChar](repeating: 0, count: 512)
        cc_explain(code, &text, text.count)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw .libraryFailed(call: call, reason: String(decoding: bytes, as: UTF8.self))
    }

    func keep(_ request: MPIRequest) { inFlight[ObjectIdentifier(request)] = request }

    func release(_ request: MPIRequest) { inFlight[ObjectIdentifier(request)] = nil }
}
