import EVAConfiguration
import EVALayers
import EVAModels
import EVATestSupport
import Torch
import TorchParallel

/// A small model of a family whose layers 2 and 4 ranks can share, and what a rank computes of it.
enum SplitModel {
    /// Four heads in each tower and widths that 4 divides, with everything on that draws.
    static func configuration(_ family: String) throws -> ModelConfiguration {
        var configuration = try ModelConfiguration(
            json: Fixtures.bytes("rei/\(family).rei.json"), source: family)
        configuration.vision.headWidth = 16
        configuration.vision.mlpWidth = configuration.vision.mlpWidth / 4 * 4
        configuration.vision.patchDropout = 0.25
        configuration.vision.dropPathRate = 0.3
        configuration.text.headCount = 4
        return configuration
    }

    /// The model with every parameter away from zero and one, so that none is without effect.
    static func make(
        _ configuration: ModelConfiguration, in group: any ProcessGroup = SingleProcessGroup()
    ) -> CLIP {
        let clip = CLIP(configuration, device: .cpu, layerParts: group)
        clip.store.initialize(seed: 7)
        let random = RandomSource(seed: 8)
        withoutGradient {
            for parameter in clip.store.parameters {
                let draw = Tensor.empty(parameter.wholeShape, dtype: .float32, device: .cpu)
                draw.fillNormal(standardDeviation: 0.1, from: random.stream(parameter.name))
                parameter.master.add(inPlace: parameter.split?.part(of: draw) ?? draw)
            }
        }
        return clip
    }

    /// What a rank came to.
    struct Outcome: Sendable {
        let images: [Float]
        let texts: [Float]
        /// Of whole parameters.
        let gradients: [String: [Float]]
        /// Of the parameters that every rank holds, before anything is brought together.
        let replicated: [String: [Float]]
    }

    /// One step's features and gradients.
    static func outcome(
        _ configuration: ModelConfiguration, dtype: DType = .float32, recomputes: Bool = false,
        in group: any ProcessGroup = SingleProcessGroup()
    ) throws -> Outcome {
        let clip = make(configuration, in: group)
        let store = clip.store
        store.makeUnits(computeDType: dtype)
        let features = try backward(clip, dtype: dtype, recomputes: recomputes)
        store.collectGradients()
        var gradients: [String: [Float]] = [:]
        var replicated: [String: [Float]] = [:]
        for parameter in store.parameters {
            guard let gradient = parameter.gradient else { continue }
            if parameter.split == nil { replicated[parameter.name] = gradient.floats() }
            gradients[parameter.name] = try store.merged(gradient, as: parameter).floats()
        }
        return Outcome(
            images: features.images.floats(), texts: features.texts.floats(), gradients: gradients,
            replicated: replicated)
    }

    /// Forward and backward of fixed inputs, as a step of training.
    static func backward(
        _ clip: CLIP, dtype: DType = .float32, recomputes: Bool = false
    ) throws -> (images: Tensor, texts: Tensor) {
        let random = RandomSource(seed: 9)
        func draw(_ shape: [Int], _ name: String) -> Tensor {
            let tensor = Tensor.empty(shape, dtype: .float32, device: .cpu)
            tensor.fillNormal(standardDeviation: 1, from: random.stream(name))
            return tensor
        }
        let size = clip.configuration.vision.imageSize
        let count = 5
        let ids = (0..<count * 9).map { place -> Int64 in Int64(place * 37 % 500) }
        let context = ForwardContext.training(
            computeDType: dtype, random: random.stream("step"), recomputesActivations: recomputes)
        let images = clip.encodeImages(draw([count, 3, size, size], "images"), context)
        let texts = clip.encodeTexts(Tensor(ids, shape: [count, 9]), context)
        let width = clip.configuration.embedWidth
        let loss =
            (images * draw([count, width], "image weights")).sum()
            + (texts * draw([count, width], "text weights")).sum()
        try Tensor.backward([loss], [nil])
        return (images.detached(), texts.detached())
    }
}

/// How far what ranks came to lies from what one process did.
struct SplitComparison: CustomStringConvertible {
    /// The differences of a tower's features as a share of their norm.
    let features: Double
    /// The largest difference of a gradient, as a share of its tensor's largest, and whose it is.
    let gradients: (share: Float, name: String)
    /// The differences of all gradients as a share of their norm.
    let gradientNorm: Double

    init(_ actual: SplitModel.Outcome, _ expected: SplitModel.Outcome) {
        features = max(
            Self.normShare([(actual.images, expected.images)]),
            Self.normShare([(actual.texts, expected.texts)]))
        var worst: (share: Float, name: String) = (0, "none")
        var pairs: [([Float], [Float])] = []
        for (name, values) in expected.gradients where !Self.isZero(name) {
            let other = actual.gradients[name] ?? []
            let share = Self.share(other, values)
            if !(share <= worst.share) { worst = (share, name) }
            pairs.append((other, values))
        }
        gradients = worst
        gradientNorm = Self.normShare(pairs)
    }

    /// The exact gradient of the key's bias is zero, so there is only noise to compare.
    private static func isZero(_ name: String) -> Bool { name.hasSuffix("k_proj.bias") }

    private static func share(_ actual: [Float], _ expected: [Float]) -> Float {
        let largest = expected.map(abs).max() ?? 0
        return Comparison(actual, expected).largestDifference / max(largest, .leastNormalMagnitude)
    }

    private static func normShare(_ pairs: [(actual: [Float], expected: [Float])]) -> Double {
        var (difference, norm) = (0.0, 0.0)
        for (actual, expected) in pairs {
            guard actual.count == expected.count else { return .infinity }
            for (a, b) in zip(actual, expected) {
                difference += Double(a - b) * Double(a - b)
                norm += Double(b) * Double(b)
            }
        }
        return (difference / norm).squareRoot()
    }

    var description: String {
        "features \(features), gradients \(gradients.share) in \(gradients.name), all together "
            + "\(gradientNorm)"
    }
}
