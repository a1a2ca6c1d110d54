internal import EVAData
internal import Torch

/// Hands batches on and brings them to the device; to a GPU one batch ahead, while it computes.
///
/// What is trained on, and in which order, does not depend on it, nor does the place where a
/// checkpoint says that the data goes on.
final class BatchStager: BatchSupply {
    private let supply: any BatchSupply
    private let device: Device
    private let lane: TransferLane?
    /// What was taken from the supply before it was asked for.
    private var ahead: Ahead?
    /// The batch that was handed on last, if it is on its way.
    private var arriving: Arrival?
    private(set) var streamPosition: StreamPosition?

    private struct Ahead {
        let batch: Result<HostBatch?, any Error>
        let streamPosition: StreamPosition?
        let arrival: Arrival?
    }

    private struct Arrival {
        let position: BatchPosition
        let copies: [Tensor]
    }

    init(_ supply: any BatchSupply, device: Device) {
        self.supply = supply
        self.device = device
        lane = device.kind == .cuda ? TransferLane(to: device) : nil
        streamPosition = supply.streamPosition
    }

    var waitSeconds: Double { supply.waitSeconds }
    var tally: DataTally { supply.tally }

    func stop() { supply.stop() }

    func next() throws -> HostBatch? {
        guard let ahead else {
            defer { streamPosition = supply.streamPosition }
            return try supply.next()
        }
        self.ahead = nil
        streamPosition = ahead.streamPosition
        arriving = ahead.arrival
        return try ahead.batch.get()
    }

    /// The next batches.
    ///
    /// - Parameter step: the steps that were taken before.
    /// - Throws: `TrainingError` where the data ends before; what reading it throws.
    @discardableResult
    func take(_ count: Int, afterStep step: Int) throws -> [HostBatch] {
        try (0..<count).map { _ in
            guard let batch = try next() else {
                throw TrainingError("the data ended after step \(step)")
            }
            return batch
        }
    }

    /// Takes the next batch and starts to copy it to the GPU; on a CPU nothing is won by it.
    ///
    /// Call it when the GPU has been given work and before its result is waited for.
    func lookAhead() {
        guard let lane, ahead == nil else { return }
        let batch = Result { try supply.next() }
        // Where the GPU has no room for another batch, it is copied when its turn comes.
        let arrival = (try? batch.get()).flatMap { batch in
            (try? lane.copy(DeviceBatch.pinned(batch))).map { copies in
                Arrival(position: batch.position, copies: copies)
            }
        }
        ahead = Ahead(
            batch: batch, streamPosition: supply.streamPosition, arrival: arrival)
    }

    /// A batch on the device.
    func tensors(of batch: HostBatch) throws -> DeviceBatch {
        guard let lane, let arrival = arriving, arrival.position == batch.position else {
            return try DeviceBatch(batch, device: device)
        }
        arriving = nil
        lane.join(arrival.copies)
        return DeviceBatch(arrival.copies)
    }
}
