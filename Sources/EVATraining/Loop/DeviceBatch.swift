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

    /// - Parameter copies: what `pinned` gave, on the device.
    init(_ copies: [Tensor]) {
        images = copies[0]
        ids = copies[1].cast(to: .int64)
        keys = ContrastiveLoss.Keys(images: copies[2], texts: copies[3])
    }

    /// A batch in memory that a GPU reads by itself.
    static func pinned(_ batch: HostBatch) -> [Tensor] {
        func tensor<Element>(
            _ values: UnsafeBufferPointer<Element>, _ shape: [Int], _ dtype: DType
        ) -> Tensor {
            let tensor = Tensor.empty(shape, dtype: dtype, device: .cpu, isPinned: true)
            tensor.withMutableHostBytes { $0.copyMemory(from: UnsafeRawBufferPointer(values)) }
            return tensor
        }
        let (count, size) = (batch.count, batch.imageSize)
        return [
            batch.images.withUnsafeBufferPointer { tensor($0, [count, 3, size, size], .float32) },
            batch.tokens.withUnsafeBufferPointer { tensor($0, [count, batch.textLength], .int32) },
            batch.imageKeys.withUnsafeBufferPointer { tensor($0, [count], .int64) },
            batch.textKeys.withUnsafeBufferPointer { tensor($0, [count], .int64) },
        ]
    }
}
