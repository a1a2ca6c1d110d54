internal import EVAConfiguration
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
package import Torch

/// Computes small models of every structure on a device, beside fp32 on the CPU.
///
/// Each goes forward and backward in fp32, bf16 and fp16, and each optimizer takes ten steps in
/// each. What may differ is what the tests of the project allow (ADR 0008).
package struct SelfTest {
    private let device: Device
    private let referenceError: Double

    /// - Parameters:
    ///   - device: where to compute.
    ///   - referenceError: the standard deviation of what is added to the reference's weights, to
    ///     see that the test would find a fault.
    package init(device: Device, referenceError: Double = 0) {
        self.device = device
        self.referenceError = referenceError
    }

    /// Runs all of it.
    ///
    /// - Parameter report: receives every comparison when it is made.
    package func run(_ report: (SelfTestCheck) -> Void) throws {
        let families = try SelfTestFamily.all()
        for family in families {
            let reference = try gradients(family, on: .cpu, .float32, error: referenceError)
            for dtype in Self.dtypes {
                let actual = try gradients(family, on: device, dtype)
                for check in Self.compare(actual, reference, of: family, dtype) { report(check) }
            }
        }
        for (name, rule, rate) in Self.rules {
            let family = families[1]
            let reference = try course(
                family, rule, rate, on: .cpu, .float32, error: referenceError)
            for dtype in Self.dtypes {
                let actual = try throwingTorchFailures {
                    try course(family, rule, rate, on: device, dtype)
                }
                report(
                    SelfTestCheck(
                        subject: name, quantity: "losses of \(Self.stepCount) steps", dtype: dtype,
                        measure: .difference,
                        value: SelfTestCheck.difference(actual.losses, reference.losses),
                        limit: dtype == .float32 ? Limit.losses : Limit.lowLosses,
                        seconds: actual.seconds, referenceSeconds: reference.seconds))
            }
        }
    }

    private static let dtypes: [DType] = [.float32, .bfloat16, .float16]
    private static let stepCount = 10
    private static let rules: [(String, any UpdateRule, Double)] = [
        ("adamw", AdamW(), 1e-3), ("lamb", LAMB(), 1e-2), ("lion", Lion(), 1e-4),
    ]

    /// What may differ from fp32 on the CPU.
    enum Limit {
        /// fp32 unit vectors and losses.
        static let features = 1e-5
        /// fp32 gradients, as a share of the tensor's largest.
        static let gradients = 5e-5
        /// 16-bit features: the least cosine.
        static let cosine = 0.999
        /// 16-bit gradients of all parameters together: the least cosine.
        static let gradientCosine = 0.998
        /// fp32 losses in the course of ten steps, in which differences grow.
        static let losses = 1e-4
        /// 16-bit losses in the course of ten steps.
        static let lowLosses = 0.05
    }

    /// What a forward and a backward pass give, on the CPU in fp32.
    struct Pass {
        /// Unit vectors of images, then of texts: `[2 B, C]`.
        let features: Tensor
        /// A scalar.
        let loss: Tensor
        /// One for each parameter that is compared.
        let gradients: [Tensor]
        let seconds: Double
    }

    private func gradients(
        _ family: SelfTestFamily, on device: Device, _ dtype: DType, error: Double = 0
    ) throws -> Pass {
        try throwingTorchFailures {
            try Self.pass(
                family.model(on: device, error: error), family.batch(on: device), dtype,
                on: device)
        }
    }

    /// The key's bias has an exact gradient of zero, so that only noise could be compared.
    static func isCompared(_ name: String) -> Bool { !name.hasSuffix("k_proj.bias") }

    /// One forward and backward pass.
    static func pass(
        _ clip: CLIP, _ batch: (images: Tensor, ids: Tensor), _ dtype: DType, on device: Device
    ) throws -> Pass {
        let clock = ContinuousClock()
        let start = clock.now
        let context = ForwardContext.evaluation(computeDType: dtype)
        let images = clip.encodeImages(batch.images, context)
        let texts = clip.encodeTexts(batch.ids, context)
        let loss = try ContrastiveLoss()(
            images: images, texts: texts, logitScale: clip.logitScale.value)
        let scale = Self.lossScale(dtype)
        loss.backward(Tensor.full([], scale, device: device))
        Runtime.synchronize(device)
        let seconds = (clock.now - start) / .seconds(1)
        let gradients = clip.store.parameters.filter { isCompared($0.name) }.map { parameter in
            guard let gradient = parameter.gradient else {
                fatalError("parameter '\(parameter.name)' has no gradient")
            }
            return gradient.moved(to: .cpu) / scale
        }
        return Pass(
            features: Tensor.concatenated([images, texts], dimension: 0).detached()
                .moved(to: .cpu),
            loss: loss.detached().moved(to: .cpu), gradients: gradients, seconds: seconds)
    }

    /// Small gradients vanish in 16-bit IEEE where the loss is not multiplied.
    private static func lossScale(_ dtype: DType) -> Double { dtype == .float16 ? 1024 : 1 }

    private static func compare(
        _ actual: Pass, _ reference: Pass, of family: SelfTestFamily, _ dtype: DType
    ) -> [SelfTestCheck] {
        func check(
            _ quantity: String, _ measure: SelfTestCheck.Measure, _ value: Double, _ limit: Double
        ) -> SelfTestCheck {
            SelfTestCheck(
                subject: family.name, quantity: quantity, dtype: dtype, measure: measure,
                value: value, limit: limit, seconds: actual.seconds,
                referenceSeconds: reference.seconds)
        }
        guard dtype == .float32 else {
            func joined(_ gradients: [Tensor]) -> Tensor {
                Tensor.concatenated(gradients.map { $0.reshaped([1, -1]) }, dimension: 1)
            }
            return [
                check(
                    "features", .cosine,
                    SelfTestCheck.cosine(actual.features, reference.features), Limit.cosine),
                check(
                    "gradients", .cosine,
                    SelfTestCheck.cosine(joined(actual.gradients), joined(reference.gradients)),
                    Limit.gradientCosine),
            ]
        }
        return [
            check("features and loss", .difference, actual.difference(reference), Limit.features),
            check("gradients", .share, actual.gradientShare(reference), Limit.gradients),
        ]
    }

    /// The losses of some steps, the last one's after the last update.
    private func course(
        _ family: SelfTestFamily, _ rule: any UpdateRule, _ rate: Double, on device: Device,
        _ dtype: DType, error: Double = 0
    ) throws -> (losses: Tensor, seconds: Double) {
        let clip = family.model(on: device, error: error)
        clip.store.makeUnits(computeDType: dtype)
        let batch = family.batch(on: device)
        let rates = TowerRates(learningRate: rate, weightDecay: 0.05, layerDecay: 0.9)
        let optimizer = Optimizer(
            ParameterGrouping(visual: rates, other: rates, text: rates)
                .groups(of: clip.store.parameters), over: clip.store, rule: rule)
        let scale = Self.lossScale(dtype)
        let context = ForwardContext.evaluation(computeDType: dtype)
        let clock = ContinuousClock()
        let start = clock.now
        var losses: [Tensor] = []
        for step in 0...Self.stepCount {
            let loss = try ContrastiveLoss()(
                images: clip.encodeImages(batch.images, context),
                texts: clip.encodeTexts(batch.ids, context), logitScale: clip.logitScale.value)
            losses.append(loss.detached())
            guard step < Self.stepCount else { break }
            loss.backward(Tensor.full([], scale, device: device))
            clip.store.collectGradients()
            _ = GradientNorm.clip(
                clip.store, norm: try GradientNorm.of(clip.store), to: 5, lossScale: scale)
            try optimizer.step(rateMultiplier: 1)
            clip.clampLogitScale()
            clip.store.refreshOperands()
            clip.store.clearGradients()
        }
        let values = Tensor.stacked(losses, dimension: 0).moved(to: .cpu)
        return (values, (clock.now - start) / .seconds(1))
    }
}

extension SelfTest.Pass {
    /// The largest difference of features and loss.
    func difference(_ expected: SelfTest.Pass) -> Double {
        max(
            SelfTestCheck.difference(features, expected.features),
            SelfTestCheck.difference(loss, expected.loss))
    }

    /// The largest difference of gradients, each as a share of its tensor's largest.
    func gradientShare(_ expected: SelfTest.Pass) -> Double {
        zip(gradients, expected.gradients).map(SelfTestCheck.share).max() ?? .infinity
    }
}
