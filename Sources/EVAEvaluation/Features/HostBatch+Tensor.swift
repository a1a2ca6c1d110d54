package import EVAData
package import Torch

extension HostBatch {
    /// A copy of the pictures on a device.
    ///
    /// - Shape: `[B, 3, S, S]`.
    package func imageTensor(on device: Device) throws -> Tensor {
        try images.withUnsafeBufferPointer { pixels in
            try Tensor(
                bytes: UnsafeRawBufferPointer(pixels), shape: [count, 3, imageSize, imageSize],
                dtype: .float32)
        }.moved(to: device)
    }
}
