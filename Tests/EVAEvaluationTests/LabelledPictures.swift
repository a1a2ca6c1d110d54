import EVAData
import EVAImaging
import EVATestSupport

/// Pictures of one colour each, labelled in turn; those of some numbers cannot be read.
struct LabelledPictures: SampleSource {
    let count: Int
    let classCount: Int
    var unreadable: Set<Int> = []
    var isLabelled = true

    let name = "pictures"
    var summary: String { "\(count) pictures" }

    func sample(at index: Int) throws -> Sample {
        if unreadable.contains(index) { throw DataError("picture \(index)", "is broken") }
        let colour = [UInt8(index * 37 % 256), UInt8(index * 91 % 256), UInt8(index * 13 % 256)]
        let pixels = (0..<9).flatMap { _ in colour }
        return Sample(
            picture: .pixels(Image(width: 3, height: 3, mode: .rgb, pixels: pixels)),
            label: isLabelled ? index % classCount : nil)
    }
}
