internal import CCollectives
internal import Torch

/// This rank's end of a group that NCCL has made; none of its calls waits for another rank.
///
/// After an error, here or on another rank, it is given up: what the GPU waits for ends.
final class NCCLLink {
    /// Nil once it was given up or left.
    private var group: OpaquePointer?

    /// What a new group's ranks find each other by.
    static func newName() throws(ParallelError) -> [UInt8] {
        var name = cc_nccl_name()
        try check(cc_nccl_make_name(&name), "ncclGetUniqueId")
        return withUnsafeBytes(of: name) { [UInt8]($0) }
    }

    /// Begins to join the other ranks.
    init(name bytes: [UInt8], size: Int, rank: Int) throws(ParallelError) {
        var name = cc_nccl_name()
        withUnsafeMutableBytes(of: &name) { $0.copyBytes(from: bytes.prefix($0.count)) }
        try Self.check(
            cc_nccl_join(&name, Int32(size), Int32(rank), &group), "ncclCommInitRankConfig")
    }

    deinit { giveUp() }

    /// Whether what was begun last is on its stream.
    ///
    /// - Throws: `ParallelError` for any error that has come up meanwhile.
    func isDone() throws(ParallelError) -> Bool {
        var state: Int32 = 0
        try call("ncclCommGetAsyncError") { cc_nccl_state($0, &state) }
        try call("work on the GPUs") { _ in state }
        return Int(state) == CC_NCCL_DONE
    }

    /// Begins several collectives at once.
    ///
    /// - Parameter stream: of CUDA.
    func begin(_ messages: [Collective], on stream: UnsafeMutableRawPointer?)
        throws(ParallelError)
    {
        if messages.count > 1 { try call("ncclGroupStart") { _ in cc_nccl_open_calls() } }
        for message in messages { try begin(message, on: stream) }
        if messages.count > 1 { try call("ncclGroupEnd") { _ in cc_nccl_close_calls() } }
    }

    private func begin(_ message: Collective, on stream: UnsafeMutableRawPointer?)
        throws(ParallelError)
    {
        switch message {
        case .sum(let tensor):
            try call("ncclAllReduce") {
                cc_nccl_sum($0, tensor.memoryOnDevice, tensor.count, tensor.summedType, stream)
            }
        case .sumScatter(let whole, let slice):
            try call("ncclReduceScatter") {
                cc_nccl_sum_scatter(
                    $0, whole.memoryOnDevice, slice.memoryOnDevice, slice.count, slice.summedType,
                    stream)
            }
        case .gather(let part, let whole):
            try call("ncclAllGather") {
                cc_nccl_gather(
                    $0, part.memoryOnDevice, whole.memoryOnDevice, part.byteCount, stream)
            }
        case .broadcast(let tensor, let root):
            try call("ncclBroadcast") {
                cc_nccl_broadcast($0, tensor.memoryOnDevice, tensor.byteCount, Int32(root), stream)
            }
        case .send(let tensor, let target):
            try call("ncclSend") {
                cc_nccl_send($0, tensor.memoryOnDevice, tensor.byteCount, Int32(target), stream)
            }
        case .receive(let tensor, let source):
            try call("ncclRecv") {
                cc_nccl_receive($0, tensor.memoryOnDevice, tensor.byteCount, Int32(source), stream)
            }
        case .barrier: fatalError("a barrier is the hosts' affair")
        }
    }

    /// Ends what is going on, also on the GPU.
    func giveUp() {
        if let group { _ = cc_nccl_abort(group) }
        group = nil
    }

    /// Leaves the other ranks, which all have to; nothing where the link was given up.
    func leave(atMost limit: Duration) throws {
        guard group != nil else { return }
        try call("ncclCommFinalize") { cc_nccl_finish($0) }
        if try poll(atMost: limit, { try isDone() }) {
            try call("ncclCommDestroy") { cc_nccl_free($0) }
            group = nil
        } else {
            giveUp()
        }
    }

    /// - Throws: `ParallelError` for any code but those of success and of what goes on; the link is
    ///   then given up.
    private func call(_ name: String, _ body: (OpaquePointer) -> Int32) throws(ParallelError) {
        guard let group else {
            throw .libraryFailed(call: name, reason: "the group was given up after an error")
        }
        do throws(ParallelError) {
            try Self.check(body(group), name)
        } catch {
            giveUp()
            throw error
        }
    }

    private static func check(_ code: Int32, _ call: String) throws(ParallelError) {
        guard Int(code) != CC_NCCL_DONE, Int(code) != CC_NCCL_GOING_ON else { return }
        var text = [CChar](repeating: 0, count: 512)
        cc_nccl_explain(code, &text, text.count)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw .libraryFailed(call: call, reason: String(decoding: bytes, as: UTF8.self))
    }
}

extension Tensor {
    fileprivate var byteCount: Int { count * dtype.byteCount }
}
