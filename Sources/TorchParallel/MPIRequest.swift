internal import CCollectives
internal import Torch

/// Something that Open MPI has begun, and the tensors whose memory it uses.
final class MPIRequest {
    private var handle: OpaquePointer?
    private let tensors: [Tensor]

    /// - Parameter begin: makes the library begin.
    init(
        tensors: [Tensor], call: String,
        _ begin: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(ParallelError) {
        self.tensors = tensors
        try MPISession.check(begin(&handle), call)
    }

    /// Drives the library on.
    ///
    /// - Returns: whether the end was reached.
    func isDone(_ call: String) throws(ParallelError) -> Bool {
        var isDone: Int32 = 0
        try MPISession.check(cc_test(&handle, &isDone), call)
        return isDone != 0
    }

    /// Waits for the end, at most so long.
    ///
    /// - Returns: whether it was reached.
    func wait(atMost limit: Duration, _ call: String) throws(ParallelError) -> Bool {
        try poll(atMost: limit) { () throws(ParallelError) in try isDone(call) }
    }
}
