internal import EVAConfiguration
internal import EVATraining
internal import Foundation
internal import Torch

/// One forward and backward pass of the loss over random unit vectors.
struct LossBenchmark {
    /// How the logits are computed.
    enum Form: String, CaseIterable {
        /// A few rows at a time, as training does.
        case tiled
        /// All at once, as the formula is written.
        case plain
    }

    let kind: LossConfiguration.Kind
    let form: Form
    let batchSize: Int
    let width: Int
    let device: Device

    /// What was measured; the keys are those of every `bench`.
    struct Result: Encodable {
        let work = "loss"
        let kind: String
        let form: String
        let batchSize: Int
        let width: Int
        let threads: Int
        let device: String
        /// The loss.
        let value: Double
        let seconds: Double
        /// The process's, or a GPU's in tensors, in MiB.
        let peakMegabytes: Int

        enum CodingKeys: String, CodingKey {
            case work, kind, form, width, threads, device, value, seconds
            case batchSize = "batch_size"
            case peakMegabytes = "peak_mb"
        }

        var summary: String {
            "\(kind) loss of \(batchSize) pairs of width \(width), \(form), \(device), "
                + "\(threads) threads: "
                + String(format: "%.2f s", seconds) + ", peak \(peakMegabytes) MiB, value "
                + String(format: "%.6f", value)
        }
    }

    func run() throws -> Result {
        try MachineMemory.total.require(
            neededBytes, for: "--batch_size \(batchSize) of width \(width), \(form.rawValue),",
            remedy: form == .plain ? "use a smaller batch or --form tiled" : "use a smaller batch")
        return try throwingTorchFailures(measure)
    }

    private func measure() throws -> Result {
        let random = RandomSource(seed: 1, device: device)
        let (images, texts) = (features(random.stream("images")), features(random.stream("texts")))
        let logScale = leaf(Tensor.full([], log(10), device: device))
        let bias = leaf(Tensor.full([], -10, device: device))
        Runtime.synchronize(device)
        let clock = ContinuousClock()
        let start = clock.now
        let value: Tensor
        switch form {
        case .tiled:
            value = try ContrastiveLoss(kind)(
                images: images, texts: texts, logitScale: logScale, logitBias: bias)
        case .plain: value = plain(images, texts, scale: logScale.exp(), bias: bias)
        }
        value.backward()
        let loss = value.detached().item()
        let seconds = (clock.now - start) / .seconds(1)
        return Result(
            kind: kind.rawValue, form: form.rawValue, batchSize: batchSize, width: width,
            threads: Runtime.threadCount, device: "\(device)", value: loss, seconds: seconds,
            peakMegabytes: peakMegabytes)
    }

    private var peakMegabytes: Int {
        guard device.kind == .cpu else { return DeviceMemory(of: device).peakBytes >> 20 }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss) >> 10
    }

    /// Features, their gradients and the sums of these; and the logits that exist at once.
    private var neededBytes: Double {
        let count = Double(batchSize)
        let logits =
            form == .plain ? count * count : min(count * count, max(count, Double(1 << 23)))
        return 4 * (10 * count * Double(width) + 4 * logits)
    }

    private func features(_ random: RandomSource) -> Tensor {
        let values = Tensor.empty([batchSize, width], dtype: .float32, device: device)
        values.fillNormal(standardDeviation: 1, from: random)
        return leaf(values.normalized())
    }

    private func leaf(_ value: Tensor) -> Tensor {
        value.requiresGradient = true
        return value
    }

    private func plain(_ images: Tensor, _ texts: Tensor, scale: Tensor, bias: Tensor) -> Tensor {
        let logits = images.matmul(texts.transposed(0, 1)) * scale
        switch kind {
        case .softmax:
            let both =
                logits.logSumExp(dimension: 1).mean() + logits.logSumExp(dimension: 0).mean()
            return both * 0.5 - logits.diagonal().mean()
        case .sigmoid:
            // -log(sigmoid(l)) is softplus(l) - l for the pairs and softplus(l) for the others.
            let judged = logits + bias
            return (judged.softplus().sum() - judged.diagonal().sum()) / Double(batchSize)
        }
    }
}
