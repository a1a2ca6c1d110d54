/// A batch whose samples are being read; all but the pixels is guarded by the lock of its pipeline.
final class BatchInProgress<Result: SampleWorkResult> {
    /// What became of one place of the batch.
    struct Slot: Sendable {
        /// The sample that fills the place.
        var index: Int
        var name: SampleName
        /// `nil` when no sample could be read.
        var result: Result?
        /// What was tried before.
        var failures: [RecordFailure]
        /// What became of the records up to this one, itself included.
        var tally = DataTally()
    }

    let position: BatchPosition
    let pixels: PixelBuffer
    private(set) var slots: [Slot?]
    private var missing: Int

    init(position: BatchPosition, slotCount: Int, pixels: PixelBuffer) {
        self.position = position
        self.pixels = pixels
        slots = Array(repeating: nil, count: slotCount)
        missing = slotCount
    }

    /// Places of the batch, filled or not.
    var slotCount: Int { slots.count }

    var isComplete: Bool { missing == 0 }

    /// Leaves out the places from `count` on, which nothing was put into.
    func close(at count: Int) {
        missing -= slots.count - count
        slots.removeLast(slots.count - count)
    }

    func finish(_ slot: Int, _ outcome: Slot) {
        slots[slot] = outcome
        missing -= 1
    }

    /// Every sample that could not be read, in the order of the batch.
    var failures: [RecordFailure] { slots.flatMap { $0?.failures ?? [] } }

    /// What became of the records that the batch was read from.
    var tally: DataTally { slots.reduce(into: DataTally()) { $0.add($1?.tally ?? DataTally()) } }

}

extension BatchInProgress where Result == SamplePreparation.Result {
    /// The finished batch, without the places that no sample fills.
    ///
    /// - Throws: `DataError` when only some of the samples have a text.
    func batch(imageSize: Int, source: String) throws(DataError) -> HostBatch {
        let width = 3 * imageSize * imageSize
        var samples: [(index: Int, name: SampleName, result: SamplePreparation.Result)] = []
        for (row, slot) in slots.enumerated() {
            guard let slot, let result = slot.result else { continue }
            pixels.moveRow(row, to: samples.count, width: width)
            samples.append((slot.index, slot.name, result))
        }
        let texts = samples.compactMap(\.result.tokens)
        guard texts.isEmpty || texts.count == samples.count else {
            let name = samples.first { $0.result.tokens == nil }?.name
            throw DataError(
                name?.file ?? source,
                "record \(name?.record ?? 0) has no text, though others have one")
        }
        let textLength = texts.map(\.count).max() ?? 0
        var tokens = [Int32](repeating: 0, count: texts.count * textLength)
        for (row, text) in texts.enumerated() {
            tokens.replaceSubrange(row * textLength..<row * textLength + text.count, with: text)
        }
        let labels = samples.compactMap(\.result.label)
        return HostBatch(
            position: position, sampleIndices: samples.map(\.index),
            sampleNames: samples.map(\.name), imageSize: imageSize,
            images: pixels.shortened(to: samples.count * width), tokens: tokens,
            textLength: textLength, imageKeys: samples.map(\.result.pictureKey),
            textKeys: texts.isEmpty ? [] : samples.map(\.result.textKey),
            labels: labels.count == samples.count ? labels : [])
    }
}
