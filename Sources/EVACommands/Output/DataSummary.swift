internal import EVAData
internal import Foundation

/// What `evaclip data stats` prints of a data set.
struct DataSummary: Encodable {
    /// Where a quantity lies.
    struct Spread: Encodable {
        let mean: Double
        let smallest: Int
        let median: Int
        /// Nine of ten are at most this.
        let p90: Int
        /// Ninety-nine of a hundred are at most this.
        let p99: Int
        let largest: Int

        init(_ values: Histogram) {
            let quantiles = values.quantiles([0, 0.5, 0.9, 0.99, 1])
            mean = values.mean
            smallest = quantiles[0]
            median = quantiles[1]
            p90 = quantiles[2]
            p99 = quantiles[3]
            largest = quantiles[4]
        }

        var line: String {
            String(
                format: "mean %.1f, from %d to %d, half up to %d, 90 %% up to %d, 99 %% up to %d",
                mean,
                smallest, largest, median, p90, p99)
        }
    }

    let name: String
    let samples: Int
    let broken: Int
    /// Records that lack a picture or a caption; no samples.
    let incomplete: Int
    /// Samples that should be there and are not.
    let missing: Int
    /// Samples called like the one before.
    let repeatedKeys: Int
    let texts: Int
    /// Tokens of a text, both marks included, before it is cut.
    let tokens: Spread
    let emptyTexts: Int
    /// Texts longer than the model's context.
    let truncatedTexts: Int
    let contextLength: Int
    /// Samples whose picture's file came before, byte by byte.
    let duplicatePictures: Int
    let duplicateTexts: Int
    /// Whether the duplicates are estimates from a part of the data.
    let duplicatesEstimated: Bool
    let widths: Spread
    let heights: Spread
    let formats: [String: Int]
    let seconds: Double
    let picturesPerSecond: Double

    enum CodingKeys: String, CodingKey {
        case name, samples, broken, incomplete, missing, texts, tokens
        case repeatedKeys = "repeated_keys"
        case emptyTexts = "empty_texts"
        case truncatedTexts = "truncated_texts"
        case contextLength = "context_length"
        case duplicatePictures = "duplicate_pictures"
        case duplicateTexts = "duplicate_texts"
        case duplicatesEstimated = "duplicates_estimated"
        case widths, heights, formats, seconds
        case picturesPerSecond = "pictures_per_second"
    }

    init(_ found: DataStatistics, name: String, contextLength: Int) {
        self.name = name
        self.contextLength = contextLength
        samples = found.samples
        broken = found.broken
        incomplete = found.tally.total.incomplete
        missing = found.tally.total.missing
        repeatedKeys = found.tally.total.repeatedKeys
        texts = found.tokens.count
        tokens = Spread(found.tokens)
        emptyTexts = found.emptyTexts
        truncatedTexts = found.tokens.count(above: contextLength)
        duplicatePictures = found.pictures.duplicates
        duplicateTexts = found.texts.duplicates
        duplicatesEstimated = found.pictures.isEstimate || found.texts.isEstimate
        widths = Spread(found.widths)
        heights = Spread(found.heights)
        formats = found.formats
        seconds = found.seconds
        picturesPerSecond = Double(found.readable) / max(found.seconds, 1e-9)
    }

    /// A line for each figure.
    var table: String {
        func share(_ count: Int, of all: Int) -> String {
            String(format: "%d (%.2f %%)", count, 100 * Double(count) / Double(max(all, 1)))
        }
        let readable = samples - broken
        let estimate = duplicatesEstimated ? "about " : ""
        let kinds = formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        var rows = [("samples", "\(samples)"), ("broken", share(broken, of: samples))]
        if incomplete > 0 { rows.append(("without picture or caption", "\(incomplete)")) }
        if missing > 0 { rows.append(("missing", "\(missing)")) }
        if repeatedKeys > 0 { rows.append(("called like the one before", "\(repeatedKeys)")) }
        if texts > 0 {
            rows += [
                ("tokens of a text", tokens.line),
                ("longer than \(contextLength)", share(truncatedTexts, of: texts)),
                ("empty texts", share(emptyTexts, of: texts)),
                ("repeated texts", estimate + share(duplicateTexts, of: texts)),
            ]
        }
        rows += [
            ("repeated pictures", estimate + share(duplicatePictures, of: readable)),
            ("widths", widths.line), ("heights", heights.line), ("formats", kinds),
            (
                "read in",
                String(format: "%.1f s, %.0f pictures/s", seconds, picturesPerSecond)
            ),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $1 }
            .joined(separator: "\n")
    }
}
