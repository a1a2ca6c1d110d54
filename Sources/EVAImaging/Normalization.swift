import CImageCodecs

/// The step from bytes to what a model takes: `(byte / 255 - mean) / std` for each channel.
///
/// A byte has 256 values, so the step is a table, made with the single-precision operations of
/// the original programs in their order: the results are equal, not merely close.
struct Normalization: Sendable {
    private let table: [Float]

    init(mean: [Float], std: [Float]) {
        guard mean.count == 3, std.count == 3 else {
            fatalError(
                "Normalization: mean and std need 3 channels, got \(mean.count) and \(std.count)")
        }
        table = zip(mean, std).flatMap { mean, std in
            (0..<256).map { (Float($0) / 255 - mean) / std }
        }
    }

    /// Writes an RGB picture as three planes.
    ///
    /// - Shape: `[height, width, 3]` bytes to `[3, height, width]` floats.
    func write(_ image: Image, into planes: UnsafeMutableBufferPointer<Float>) {
        let count = image.width * image.height
        guard image.mode == .rgb, planes.count == 3 * count else {
            fatalError(
                """
                Normalization: \(image.width) x \(image.height) pixels of mode \
                \(image.mode.rawValue) into \(planes.count) floats; needed RGB and \(3 * count)
                """)
        }
        image.pixels.withUnsafeBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                ic_planar_floats(
                    pixels.baseAddress, count, table.baseAddress, planes.baseAddress)
            }
        }
    }
}
