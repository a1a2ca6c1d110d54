import EVAData
import EVAEvaluation
import EVAImaging
import EVAModels
import EVATestSupport
import Testing
import Torch

@Suite struct RetrievalEvaluatorTests {
    /// Pictures of one colour each in pairs with captions; those of some numbers are unreadable.
    private struct Pairs: SampleSource {
        let captions: [(image: Int, text: String)]
        var unreadable: Set<Int> = []

        let name = "pairs"
        var count: Int { captions.count }
        var summary: String { "\(count) pairs" }

        func sample(at index: Int) throws -> Sample {
            let image = captions[index].image
            return Sample(
                picture: unreadable.contains(image)
                    ? .encoded([1, 2, 3]) : .pixels(Self.picture(image)),
                text: .caption(captions[index].text))
        }

        static func picture(_ number: Int) -> Image {
            let colour = [
                UInt8(number * 37 % 256), UInt8(number * 91 % 256), UInt8(number * 13 % 256),
            ]
            return Image(
                width: 3, height: 3, mode: .rgb, pixels: (0..<9).flatMap { _ in colour })
        }
    }

    private static let captions = (0..<14).map { (image: $0, text: "picture \($0 * $0)") }

    private func evaluator(
        _ pairs: Pairs, _ clip: CLIP, batchSize: Int = 4, batchLimit: Int? = nil
    ) throws -> RetrievalEvaluator {
        RetrievalEvaluator(
            try RetrievalSet(pairs: pairs),
            preparation: try ZeroShotEvaluatorTests.preparation(clip),
            batchSize: batchSize, batchLimit: batchLimit, readerThreads: 1,
            tokenize: TinyModel.tokenize)
    }

    /// Places counted in the whole matrix of scores, one by one.
    private func plain(_ clip: CLIP, leavingOut: Set<Int> = []) throws -> [Double] {
        let encoder = FeatureEncoder(clip)
        let kept = Self.captions.filter { !leavingOut.contains($0.image) }
        let preparation = try ZeroShotEvaluatorTests.preparation(clip)
        let images = try BatchLoader(
            source: Pairs(captions: kept),
            schedule: BatchSchedule(
                source: Pairs(captions: kept), batchSize: 100, shuffled: false,
                coverage: .everySample), preparation: preparation, epochs: 1, readerThreads: 0,
            badRecords: .leaveOut(.standard), badSamples: BadSampleLog()
        ).next().map { try encoder.images(of: $0) }
        let texts = try encoder.texts(kept.map { TinyModel.tokenize($0.text) })
        let n = kept.count
        let scores = texts.matmul(try #require(images).transposed(0, 1)).floats()
        func recall(_ score: (Int, Int) -> Float, _ limit: Int) -> Double {
            let hits = (0..<n).count { query in
                let order = (0..<n).sorted { (-score(query, $0), $0) < (-score(query, $1), $1) }
                return order.prefix(limit).contains(query)
            }
            return 100 * Double(hits) / Double(n)
        }
        return [1, 5, 10].map { recall({ scores[$0 * n + $1] }, $0) }
            + [1, 5, 10].map { recall({ scores[$1 * n + $0] }, $0) }
    }

    private func values(_ report: RetrievalReport) -> [Double] {
        [report.textToImage, report.imageToText].flatMap { [$0.at1, $0.at5, $0.at10] }
    }

    @Test("Recalls are those of the whole matrix of scores", arguments: [1, 4, 64])
    func recalls(batchSize: Int) throws {
        let clip = try TinyModel.load()
        var progress: [Int] = []
        let report = try evaluator(Pairs(captions: Self.captions), clip, batchSize: batchSize)(
            clip, badSamples: BadSampleLog()
        ) { progress.append($0) }
        #expect(values(report) == (try plain(clip)))
        #expect(report.images == 14 && report.texts == 14 && report.badImages == 0)
        #expect(report.seconds > 0 && progress.last == 14)
    }

    @Test("Pictures that cannot be read are left out with their texts")
    func badPictures() throws {
        let clip = try TinyModel.load()
        let pairs = Pairs(captions: Self.captions, unreadable: [0, 5, 6])
        let report = try evaluator(pairs, clip)(clip, badSamples: BadSampleLog())
        #expect(report.images == 11 && report.texts == 11 && report.badImages == 3)
        #expect(values(report) == (try plain(clip, leavingOut: [0, 5, 6])))
        #expect(report.table().contains("3 unreadable images left out"))
    }

    @Test("A limit of batches ends the evaluation early, with the texts of what was done")
    func batchLimit() throws {
        let clip = try TinyModel.load()
        let report = try evaluator(Pairs(captions: Self.captions), clip, batchLimit: 2)(
            clip, badSamples: BadSampleLog())
        #expect(report.images == 8 && report.texts == 8)
        #expect(values(report) == (try plain(clip, leavingOut: Set(8..<14))))
    }
}
