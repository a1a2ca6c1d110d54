internal import EVAData
internal import EVAEvaluation
internal import Torch

/// A batch on the device.
struct DeviceBatch {
    /// Pixels `[B, 3, S, S]`.
    let images: Tensor
    /// Token ids `[B, L]`, L the longest text's length.
    let ids: Tensor
    /// What tells equal images and texts.
    let keys: ContrastiveLoss.Keys

    /// Copies a batch of the host to `device`.
    init(_ batch: HostBatch, device: Device) throws {
        images = try batch.imageTensor(on: device)
        ids = Tensor(batch.tokens, shape: [batch.count, batch.textLength])
            .cast(to: .int64).moved(to: device)
        keys = ContrastiveLoss.Keys(
            images: Tensor(batch.imageKeys, shape: [batch.count]).moved(to: device),
            texts: Tensor(batch.textKeys, shape: [batch.count]).moved(to: device))
    }
}
