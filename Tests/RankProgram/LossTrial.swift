import EVAConfiguration
import EVATraining
import Foundation
import Torch
import TorchParallel

/// The loss of drawn features, forward and backward, with what it took.
///
/// Words: `softmax` or `sigmoid`, `ring` or `all`, pairs of each rank, width, logits in memory at once.
struct LossTrial {
    private let kind: LossConfiguration.Kind
    private let gathering: LossConfiguration.Gathering
    private let count: Int
    private let width: Int
    private let limit: Int

    init?(_ words: [String]) {
        guard words.count == 5, let kind = LossConfiguration.Kind(rawValue: words[0]),
            let gathering = LossConfiguration.Gathering(rawValue: words[1]),
            let count = Int(words[2]), let width = Int(words[3]), let limit = Int(words[4])
        else { return nil }
        self.kind = kind
        self.gathering = gathering
        self.count = count
        self.width = width
        self.limit = limit
    }

    /// - Returns: a line of numbers: the mean loss of the ranks, the norm of the gradients of all
    ///   features, the peak of this rank's tensors in bytes, the process's in KiB, and seconds.
    func run(_ context: ParallelContext) throws -> String {
        let group = context.dataRanks
        // Drawn for all ranks alike, so that another number of ranks has the same batch.
        let random = RandomSource(seed: 3)
        func leaf(_ name: String) -> Tensor {
            let rows = Tensor.empty([count, width], dtype: .float32, device: .cpu)
            rows.fillNormal(standardDeviation: 1, from: random.stream(name).stream(group.rank))
            let leaf = rows.normalized()
            leaf.requiresGradient = true
            return leaf
        }
        let (images, texts) = (leaf("images"), leaf("texts"))
        let scale = Tensor.full([], 2.5, device: .cpu)
        let bias = Tensor.full([], -8, device: .cpu)
        for scalar in [scale, bias] { scalar.requiresGradient = true }
        let loss = ContrastiveLoss(
            kind, group: group, arrangement: LossArrangement(gathering), tileElementLimit: limit)
        try group.barrier()
        let start = ContinuousClock.now
        let value = try throwingTorchFailures {
            let value = try loss(
                images: images, texts: texts, logitScale: scale, logitBias: bias)
            value.backward()
            return value.detached()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let peak = Runtime.memory.peakBytes
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let squares = [images, texts].compactMap(\.gradient).map { ($0 * $0).sum() }
        let sums = Tensor.stacked([value] + squares, dimension: 0)
        try group.sum(inPlace: sums)
        let total = sums.floats().map { Double($0) / Double(group.size) }
        return "\(total[0]) \(((total[1] + total[2])).squareRoot()) \(peak) \(usage.ru_maxrss) "
            + "\(seconds)"
    }
}
