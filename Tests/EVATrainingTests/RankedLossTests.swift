import EVAConfiguration
import EVATestSupport
import Testing
import Torch
import TorchParallel

@testable import EVATraining

/// The loss on several ranks, which are threads here, against that of one process.
@Suite struct RankedLossTests {
    private static let count = 12
    private static let width = 8

    /// Unit vectors of all pairs, row after row.
    private static let features: (images: [Float], texts: [Float]) = {
        let random = RandomSource(seed: 11)
        func draw() -> [Float] {
            let values = Tensor.empty([count, width], dtype: .float32, device: .cpu)
            values.fillNormal(standardDeviation: 1, from: random)
            return values.normalized().floats()
        }
        return (draw(), draw())
    }()

    // Images 0 and 7 are the same, on different ranks however many there are; so are two captions.
    private static let imageKeys: [Int64] = [0, 1, 2, 3, 4, 5, 6, 0, 8, 9, 10, 11]
    private static let textKeys: [Int64] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 11]

    /// What a rank came to: the loss, and the gradients of its images, texts, scale and bias.
    private struct Outcome: Sendable {
        let loss: Float
        let images: [Float]
        let texts: [Float]
        let scalars: [Float]
    }

    private static func outcome(
        _ kind: LossConfiguration.Kind, masks: Bool, in group: any ProcessGroup
    ) throws -> Outcome {
        let height = count / group.size
        let rows = group.rank * height..<(group.rank + 1) * height
        func leaf(_ values: [Float], _ shape: [Int]) -> Tensor {
            let leaf = Tensor(values, shape: shape)
            leaf.requiresGradient = true
            return leaf
        }
        func slice(_ values: [Float]) -> Tensor {
            leaf(
                Array(values[rows.lowerBound * width..<rows.upperBound * width]), [height, width])
        }
        let (images, texts) = (slice(features.images), slice(features.texts))
        let scale = leaf([2.5], [])
        let bias = leaf([-2], [])
        let loss = try ContrastiveLoss(
            kind, masksDuplicates: masks, group: group, tileElementLimit: 30)(
                images: images, texts: texts, logitScale: scale, logitBias: bias,
                keys: ContrastiveLoss.Keys(
                    images: Tensor(Array(imageKeys[rows]), shape: [height]),
                    texts: Tensor(Array(textKeys[rows]), shape: [height])))
        loss.backward()
        return Outcome(
            loss: Float(loss.detached().item()),
            images: try #require(images.gradient).floats(),
            texts: try #require(texts.gradient).floats(),
            scalars: try #require(scale.gradient).floats() + (bias.gradient?.floats() ?? [0]))
    }

    @Test(
        "The mean over the ranks has the loss and the gradients of the whole batch",
        arguments: [1, 2, 3, 4], LossConfiguration.Kind.allCases)
    func ranks(size: Int, kind: LossConfiguration.Kind) throws {
        for masks in [false, true] {
            let whole = try Self.outcome(kind, masks: masks, in: SingleProcessGroup())
            let parts = try ThreadedProcessGroup.run(size: size) {
                try Self.outcome(kind, masks: masks, in: $0)
            }
            let share = 1 / Float(size)
            func expectEqual(_ actual: [Float], _ expected: [Float], _ what: String) {
                let largest = max(1, expected.map(abs).max() ?? 1)
                let comparison = Comparison(actual, expected)
                #expect(
                    comparison.isWithin(Tolerance.rearranged * largest), "\(what): \(comparison)")
            }
            expectEqual([parts.map(\.loss).reduce(0, +) * share], [whole.loss], "loss")
            expectEqual(parts.flatMap { $0.images.map { $0 * share } }, whole.images, "images")
            expectEqual(parts.flatMap { $0.texts.map { $0 * share } }, whole.texts, "texts")
            let scalars = (0..<2).map { place in
                parts.map { $0.scalars[place] }.reduce(0, +) * share
            }
            expectEqual(scalars, whole.scalars, "scale and bias")
            #expect(whole.images.contains { abs($0) > 1e-3 }, "zeros would prove nothing")
        }
        let plain = try Self.outcome(kind, masks: false, in: SingleProcessGroup())
        let masked = try Self.outcome(kind, masks: true, in: SingleProcessGroup())
        #expect(abs(plain.loss - masked.loss) > 1e-4, "the duplicates must matter")
    }

    @Test("A rank that fails keeps nobody waiting, and its error is the one that is thrown")
    func failure() {
        let error = #expect(throws: TrainingError.self) {
            try ThreadedProcessGroup.run(size: 3) { group in
                guard group.rank != 1 else { throw TrainingError("rank 1 has no more memory") }
                _ = try group.gather(Tensor([1] as [Float], shape: [1]))
            }
        }
        #expect(error?.description == "rank 1 has no more memory")
    }
}
