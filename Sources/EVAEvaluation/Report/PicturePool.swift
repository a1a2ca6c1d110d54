import EVAConfiguration
import EVAData
import EVAImaging
import EVAModels
import Torch

/// Pictures taken at random from a labelled data set, as the model sees them, with their features.
struct PicturePool {
    let pictures: [Image]
    let labels: [Int]
    /// A unit vector a picture, `[P, E]`.
    let features: Tensor

    private static let batchSize = 32

    init(
        source: any SampleSource, count: Int, seed: UInt64, encoder: FeatureEncoder,
        preparation: SamplePreparation, preprocessing: PreprocessingConfiguration
    ) throws {
        let order = EpochOrder(count: source.count, seed: seed, epoch: 0, shuffled: true)
        let selection = SampleSelection(
            source, indices: (0..<min(count, source.count)).map { order[$0] })
        let loader = try BatchLoader(
            source: selection,
            schedule: BatchSchedule(
                source: selection, batchSize: Self.batchSize, shuffled: false,
                coverage: .everySample),
            preparation: preparation, epochs: 1, readerThreads: 0,
            badRecords: .leaveOut(.share(1)), badSamples: BadSampleLog())
        var pictures: [Image] = []
        var labels: [Int] = []
        var features: [Tensor] = []
        while let batch = try loader.next() {
            guard !batch.labels.isEmpty else {
                throw DataError(source.name, "has pictures without a class; expected labelled ones")
            }
            features.append(try encoder.images(of: batch))
            labels += batch.labels
            for index in 0..<batch.count {
                pictures.append(Self.picture(index, of: batch, preprocessing))
            }
        }
        guard !features.isEmpty else {
            throw DataError(source.name, "none of the pictures could be read")
        }
        self.pictures = pictures
        self.labels = labels
        self.features = Tensor.concatenated(features, dimension: 0)
    }

    /// A picture of a batch with its normalisation undone.
    private static func picture(
        _ index: Int, of batch: HostBatch, _ preprocessing: PreprocessingConfiguration
    ) -> Image {
        let size = batch.imageSize
        let plane = size * size
        return batch.images.withUnsafeBufferPointer { values in
            var pixels = [UInt8](repeating: 0, count: 3 * plane)
            for channel in 0..<3 {
                let (mean, std) = (preprocessing.mean[channel], preprocessing.std[channel])
                let start = (3 * index + channel) * plane
                for pixel in 0..<plane {
                    let value = (values[start + pixel] * std + mean) * 255
                    pixels[3 * pixel + channel] = UInt8(max(0, min(255, value.rounded())))
                }
            }
            return Image(width: size, height: size, mode: .rgb, pixels: pixels)
        }
    }
}
