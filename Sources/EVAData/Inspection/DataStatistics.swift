/// What a pass over all of a data set found.
package struct DataStatistics: Sendable {
    /// How many samples the data set has, those that are broken among them.
    package internal(set) var samples = 0
    /// How many of them cannot be read.
    package internal(set) var broken = 0
    /// What became of all records, by file.
    package internal(set) var tally = DataTally()
    /// The first fault that was met.
    package internal(set) var firstFault: String?
    /// Tokens of each text, both marks included, before it is cut.
    package internal(set) var tokens = Histogram()
    /// Texts of no token but the marks.
    package internal(set) var emptyTexts = 0
    package internal(set) var widths = Histogram()
    package internal(set) var heights = Histogram()
    /// How many pictures have each format.
    package internal(set) var formats: [String: Int] = [:]
    /// Pictures whose files are equal, byte by byte.
    package internal(set) var pictures = DuplicateCounter()
    /// Texts that are equal, byte by byte.
    package internal(set) var texts = DuplicateCounter()
    package internal(set) var seconds = 0.0

    /// Samples that can be read.
    package var readable: Int { samples - broken }

    /// What is read of one sample.
    struct Facts: SampleWorkResult {
        var width: Int
        var height: Int
        var format: String
        var pictureHash: Int64
        var tokens: Int?
        var textHash: Int64?

        var hasEmptyText: Bool { tokens.map { $0 <= 2 } ?? false }
    }

    mutating func add(_ facts: Facts) {
        samples += 1
        widths.add(facts.width)
        heights.add(facts.height)
        formats[facts.format, default: 0] += 1
        pictures.add(facts.pictureHash)
        if let count = facts.tokens {
            tokens.add(count)
            if facts.hasEmptyText { emptyTexts += 1 }
        }
        if let hash = facts.textHash { texts.add(hash) }
    }

    /// Takes note of a record that cannot be used.
    mutating func add(_ failure: RecordFailure) {
        firstFault = firstFault ?? failure.reason
        // What is missing is counted by the tally.
        guard failure.shortage == nil else { return }
        samples += 1
        broken += 1
    }
}
