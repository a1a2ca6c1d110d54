package import Torch
internal import TorchParallel

/// Counts how often the right class is first, or among the first five.
///
/// Equal scores rank by the index of the class, so the count is the same on every device, and a
/// model that gives all classes the same score is right only about the first.
package struct ClassificationTally {
    /// What was counted of one class.
    struct Count: Equatable, Codable {
        var images = 0
        var top1 = 0
        var top5 = 0
        /// Which classes it was taken for, and how often.
        var mistakes: [Int: Int] = [:]
    }

    private(set) var classes: [Count]

    /// - Parameter classCount: the number of classes.
    package init(classCount: Int) {
        classes = Array(repeating: Count(), count: classCount)
    }

    /// Counts a batch.
    ///
    /// - Parameters:
    ///   - logits: `[B, C]`.
    ///   - labels: the class of each row.
    /// - Throws: `EvaluationError` when a label names no class.
    package mutating func add(_ logits: Tensor, labels: [Int]) throws(EvaluationError) {
        let classCount = classes.count
        guard logits.shape == [labels.count, classCount] else {
            fatalError("ClassificationTally: \(logits) for \(labels.count) labels")
        }
        for label in labels where !classes.indices.contains(label) {
            throw EvaluationError("label \(label): expected a class in 0 ..< \(classCount)")
        }
        logits.cast(to: .float32).withHostBytes { bytes in
            let scores = bytes.bindMemory(to: Float.self)
            for (row, label) in labels.enumerated() {
                count(
                    UnsafeBufferPointer(
                        rebasing: scores[row * classCount..<(row + 1) * classCount]),
                    label: label)
            }
        }
    }

    /// Adds what the other ranks have counted.
    mutating func addAll(of ranks: any ProcessGroup) throws {
        guard ranks.size > 1 else { return }
        let counts = try ranks.gather(classes)
        for (rank, counts) in counts.enumerated() where rank != ranks.rank {
            for (index, count) in counts.enumerated() {
                classes[index].images += count.images
                classes[index].top1 += count.top1
                classes[index].top5 += count.top5
                classes[index].mistakes.merge(count.mistakes, uniquingKeysWith: +)
            }
        }
    }

    private mutating func count(_ scores: UnsafeBufferPointer<Float>, label: Int) {
        let rank = Ranking.rank(of: label, in: scores)
        classes[label].images += 1
        if rank < 5 { classes[label].top5 += 1 }
        if rank == 0 {
            classes[label].top1 += 1
        } else if let mistake = Ranking.best(
            of: scores.indices.lazy.filter { $0 != label }, in: scores)
        {
            classes[label].mistakes[mistake, default: 0] += 1
        }
    }
}
