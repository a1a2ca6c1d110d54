import EVAConfiguration
import EVAData
import EVAEvaluation
import EVAImaging
import EVALayers
import EVAModels
import EVATestSupport
import EVATokenizer
import Foundation
import Testing
import Torch

@Suite struct ZeroShotEvaluatorTests {
    static func preparation(_ clip: CLIP) throws -> SamplePreparation {
        let preprocessing = PreprocessingConfiguration(
            imageSize: clip.configuration.vision.imageSize)
        return SamplePreparation(
            transform: .evaluation(
                EvaluationTransform(
                    imageSize: preprocessing.imageSize, mean: preprocessing.mean,
                    std: preprocessing.std)),
            tokenizer: try CLIPTokenizer.published(),
            contextLength: clip.configuration.text.contextLength)
    }

    private static func evaluator(
        _ source: LabelledPictures, _ clip: CLIP, batchSize: Int = 4, batchLimit: Int? = nil,
        readerThreads: Int = 0
    ) throws -> ZeroShotEvaluator {
        ZeroShotEvaluator(
            source: source, prompts: try TinyModel.prompts(), folders: ["n01", "n02", "n03"],
            preparation: try preparation(clip), batchSize: batchSize, batchLimit: batchLimit,
            readerThreads: readerThreads, tokenize: TinyModel.tokenize)
    }

    @Test("Every picture is counted once, for any batch size and number of threads")
    func coverage() throws {
        let clip = try TinyModel.load()
        let source = LabelledPictures(count: 10, classCount: 3)
        var reports: [EvaluationReport] = []
        for (batchSize, threads) in [(1, 0), (4, 2), (16, 1)] {
            var progress: [Int] = []
            var report = try Self.evaluator(
                source, clip, batchSize: batchSize, readerThreads: threads)(
                    clip, badSamples: BadSampleLog()
                ) { progress.append($0) }
            #expect(progress.last == 10)
            #expect(report.seconds > 0)
            report.seconds = 0
            reports.append(report)
        }
        #expect(reports[0].images == 10)
        #expect(reports[0].perClass.map(\.images) == [4, 3, 3])
        #expect(reports[0].perClass.map(\.folder) == ["n01", "n02", "n03"])
        #expect(reports[0] == reports[1])
        #expect(reports[0] == reports[2])
    }

    @Test("The classifier is that of the weights at the time of each call")
    func presentWeights() throws {
        let clip = try TinyModel.load()
        let source = LabelledPictures(count: 9, classCount: 3)
        let evaluator = try Self.evaluator(source, clip)
        let before = try evaluator(clip, badSamples: BadSampleLog())
        #expect(before.perClass.map(\.top1) != [100, 0, 0])
        // Without a projection all texts are alike, and equal scores rank class 0 first.
        let projection = try #require(clip.store["text.text_projection"])
        withoutGradient { projection.value.fill(0) }
        let report = try evaluator(clip, badSamples: BadSampleLog())
        #expect(report.perClass.map(\.top1) == [100, 0, 0])
    }

    @Test("Pictures that cannot be read are counted, listed and left out")
    func badPictures() throws {
        let clip = try TinyModel.load()
        let list = NSTemporaryDirectory() + "bad-\(UUID()).jsonl"
        defer { try? FileManager.default.removeItem(atPath: list) }
        let source = LabelledPictures(count: 8, classCount: 3, unreadable: [1, 4, 5, 6, 7])
        let report = try Self.evaluator(source, clip)(clip, badSamples: BadSampleLog(path: list))
        #expect(report.images == 3)
        #expect(report.badImages == 5)
        #expect(report.table().contains("5 unreadable images left out"))
        let lines = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.first?.contains("picture 1: is broken") == true)
    }

    @Test("An evaluation of nothing but unreadable pictures is an error")
    func onlyBadPictures() throws {
        let clip = try TinyModel.load()
        let source = LabelledPictures(count: 5, classCount: 3, unreadable: Set(0..<5))
        #expect(throws: DataError("pictures", "none of the 5 pictures could be read")) {
            try Self.evaluator(source, clip)(clip, badSamples: BadSampleLog())
        }
    }

    @Test("Pictures without a class, or of a class without a name, are an error")
    func labels() throws {
        let clip = try TinyModel.load()
        #expect(throws: DataError.self) {
            try Self.evaluator(LabelledPictures(count: 4, classCount: 3, isLabelled: false), clip)(
                clip, badSamples: BadSampleLog())
        }
        #expect(throws: EvaluationError("label 3: expected a class in 0 ..< 3")) {
            try Self.evaluator(LabelledPictures(count: 4, classCount: 4), clip)(
                clip, badSamples: BadSampleLog())
        }
    }

    @Test("A limit of batches ends the evaluation early")
    func batchLimit() throws {
        let clip = try TinyModel.load()
        let source = LabelledPictures(count: 10, classCount: 3)
        let report = try Self.evaluator(source, clip, batchLimit: 2, readerThreads: 1)(
            clip, badSamples: BadSampleLog())
        #expect(report.images == 8)
    }
}
