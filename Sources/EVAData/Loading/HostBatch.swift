/// A batch in host memory, ready to be copied to a device.
///
/// B = `count`, S = image size, L = `textLength`.
package struct HostBatch: Sendable {
    /// Where in the run the batch stands.
    package let position: BatchPosition
    /// Which samples of the source the batch holds; one that could not be read is replaced here.
    package let sampleIndices: [Int]
    /// Where they lie.
    package let sampleNames: [SampleName]
    /// Width and height of the pictures.
    package let imageSize: Int
    /// Normalised pictures, `[B, 3, S, S]`.
    package let images: PixelBuffer
    /// Token ids, `[B, L]`, padded with zeros; empty where the source has no texts.
    package let tokens: [Int32]
    /// Tokens of the longest text, up to and including its end mark; 0 where there are no texts.
    package let textLength: Int
    /// Equal for samples whose pictures show the same, so that a loss need not push them apart.
    package let imageKeys: [Int64]
    /// Equal for samples whose texts say the same; empty where the source has no texts.
    package let textKeys: [Int64]
    /// Where a stream stands before this batch; `nil` for data of known length.
    package internal(set) var streamStart: StreamPosition?
    /// Class indices; empty where the source has no classes.
    package let labels: [Int]

    /// Samples in the batch.
    package var count: Int { sampleIndices.count }
}
