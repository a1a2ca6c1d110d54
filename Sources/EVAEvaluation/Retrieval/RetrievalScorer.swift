package import Torch

/// Ranks all images for each text, and all texts for each image, exactly.
///
/// Scores are computed a tile of queries at a time, so memory does not grow with the product of
/// their numbers. Equal scores rank by index.
///
/// Shapes: N = images, M = texts, E = width of the joint embedding.
package struct RetrievalScorer {
    private let tileElementLimit: Int

    /// - Parameter tileElementLimit: the most scores that are in memory at once, if a single
    ///   query's do not exceed it already.
    package init(tileElementLimit: Int = 1 << 23) {
        self.tileElementLimit = tileElementLimit
    }

    /// Scores features of images and texts.
    ///
    /// - Parameters:
    ///   - images: unit vectors `[N, E]`.
    ///   - texts: unit vectors `[M, E]`.
    ///   - imageOfText: the image that each text belongs to; an image may have several texts, or
    ///     none, and is no query then.
    /// - Throws: `EvaluationError` when there is nothing to rank, the counts differ, or a text
    ///   belongs to no image.
    /// - Precision: scores in fp32.
    package func callAsFunction(
        images: Tensor, texts: Tensor, imageOfText: [Int]
    ) throws(EvaluationError) -> RetrievalReport {
        let (imageCount, textCount) = (images.shape[0], texts.shape[0])
        guard imageCount > 0, textCount > 0 else {
            throw EvaluationError(
                "retrieval: expected images and texts, got \(imageCount) and \(textCount)")
        }
        guard imageOfText.count == textCount else {
            throw EvaluationError(
                "retrieval: expected an image for each of \(textCount) texts, "
                    + "got \(imageOfText.count)")
        }
        var textsOfImage = [[Int]](repeating: [], count: imageCount)
        for (text, image) in imageOfText.enumerated() {
            guard textsOfImage.indices.contains(image) else {
                throw EvaluationError(
                    "retrieval: text \(text) belongs to image \(image), which is not in "
                        + "0 ..< \(imageCount)")
            }
            textsOfImage[image].append(text)
        }
        let images = images.cast(to: .float32)
        let texts = texts.cast(to: .float32)
        let textToImage = recalls(
            ranks(queries: texts, candidates: images, answers: imageOfText.map { [$0] }))
        let imageToText = recalls(ranks(queries: images, candidates: texts, answers: textsOfImage))
        var metrics: [String: Double] = [:]
        for (name, recalls) in [("image", textToImage), ("text", imageToText)] {
            metrics["\(name)_retrieval_recall@1"] = recalls.at1 / 100
            metrics["\(name)_retrieval_recall@5"] = recalls.at5 / 100
            metrics["\(name)_retrieval_recall@10"] = recalls.at10 / 100
        }
        return RetrievalReport(
            images: imageCount, texts: textCount, textToImage: textToImage,
            imageToText: imageToText, metrics: metrics)
    }

    /// The place of each query's best answer; queries without an answer are left out.
    private func ranks(queries: Tensor, candidates: Tensor, answers: [[Int]]) -> [Int] {
        let columns = candidates.shape[0]
        let height = max(1, tileElementLimit / columns)
        let transposed = candidates.transposed(0, 1)
        var ranks: [Int] = []
        for first in stride(from: 0, to: answers.count, by: height) {
            let rows = first..<min(first + height, answers.count)
            let scores = queries.sliced(rows, dimension: 0).matmul(transposed)  // [t, columns]
            scores.withHostBytes { bytes in
                let scores = bytes.bindMemory(to: Float.self)
                for (row, query) in rows.enumerated() {
                    let row = UnsafeBufferPointer(
                        rebasing: scores[row * columns..<(row + 1) * columns])
                    guard let best = Ranking.best(of: answers[query], in: row) else { continue }
                    ranks.append(Ranking.rank(of: best, in: row))
                }
            }
        }
        return ranks
    }

    private func recalls(_ ranks: [Int]) -> RetrievalReport.Recalls {
        func percent(below limit: Int) -> Double {
            100 * Double(ranks.count { $0 < limit }) / Double(ranks.count)
        }
        return RetrievalReport.Recalls(
            at1: percent(below: 1), at5: percent(below: 5), at10: percent(below: 10))
    }
}
