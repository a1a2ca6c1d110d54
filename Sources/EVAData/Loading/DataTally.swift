/// What became of the records of a run's data, file by file.
package struct DataTally: Sendable, Equatable {
    /// What became of the records of one file.
    package struct Counts: Sendable, Equatable {
        /// How often a sample of it was delivered, over all passes.
        package var read = 0
        /// Records that cannot be read.
        package var broken = 0
        /// Records that lack a picture or a caption, and were passed over.
        package var incomplete: Int { incompleteRecords.most }
        /// Records called like the record before.
        package var repeatedKeys: Int { repeats.most }
        /// Samples whose text says nothing.
        package var emptyTexts: Int { blanks.most }
        /// Samples that should be in the file and are not.
        package var missing = 0
        /// How many there should be, and what says so.
        package var expectation: String?

        fileprivate var incompleteRecords = PassCount()
        fileprivate var repeats = PassCount()
        fileprivate var blanks = PassCount()

        /// Whether everything was read, and is as it should be.
        var isGood: Bool {
            broken == 0 && incomplete == 0 && repeatedKeys == 0 && emptyTexts == 0 && missing == 0
        }
    }

    /// Something that comes again in every pass, counted in the pass that has most of it.
    fileprivate struct PassCount: Sendable, Equatable {
        private var pass = -1
        private var count = 0
        private(set) var most = 0

        mutating func add(_ added: Int = 1, pass: Int) {
            guard added > 0 else { return }
            count = pass == self.pass ? count + added : added
            self.pass = pass
            most = max(most, count)
        }

        mutating func add(_ other: PassCount) { add(other.count, pass: other.pass) }

        /// The same with what another rank counted.
        func with(_ more: Int) -> PassCount {
            var sum = PassCount()
            sum.add(most + more, pass: 0)
            return sum
        }
    }

    /// By file or data set.
    package private(set) var files: [String: Counts] = [:]

    package init() {}

    /// All files together.
    package var total: Counts {
        var total = Counts()
        for counts in files.values {
            total.read += counts.read
            total.broken += counts.broken
            total.missing += counts.missing
            total.incompleteRecords.add(counts.incomplete, pass: 0)
            total.repeats.add(counts.repeatedKeys, pass: 0)
            total.blanks.add(counts.emptyTexts, pass: 0)
        }
        return total
    }

    /// Whether a sample was delivered at all.
    package var isEmpty: Bool { files.isEmpty }

    mutating func noteRead(_ file: String, pass: Int, hasEmptyText: Bool) {
        files[file, default: Counts()].read += 1
        if hasEmptyText { files[file]?.blanks.add(pass: pass) }
    }

    mutating func noteIncomplete(_ file: String, pass: Int) {
        files[file, default: Counts()].incompleteRecords.add(pass: pass)
    }

    mutating func noteRepeatedKey(_ file: String, pass: Int) {
        files[file, default: Counts()].repeats.add(pass: pass)
    }

    mutating func noteMissing(_ file: String, _ shortage: UnusableRecord.Shortage) {
        files[file, default: Counts()].missing = shortage.missing
        files[file]?.expectation = "\(shortage)"
    }

    /// Takes over what cannot be read, counted once for the whole run.
    mutating func noteBroken(_ file: String, broken: Int, missing: Int) {
        files[file, default: Counts()].broken = broken
        if missing > 0 { files[file]?.missing = missing }
    }

    /// Adds what another part of the run counted.
    mutating func add(_ other: DataTally) {
        for (file, counts) in other.files {
            var sum = files[file] ?? Counts()
            sum.read += counts.read
            sum.broken = max(sum.broken, counts.broken)
            sum.missing = max(sum.missing, counts.missing)
            sum.expectation = counts.expectation ?? sum.expectation
            sum.incompleteRecords.add(counts.incompleteRecords)
            sum.repeats.add(counts.repeats)
            sum.blanks.add(counts.blanks)
            files[file] = sum
        }
    }
}

// What ranks tell each other.
extension DataTally {
    /// By file, the counts in a fixed order.
    package var figures: [String: [Int]] {
        files.mapValues {
            [$0.read, $0.broken, $0.incomplete, $0.repeatedKeys, $0.emptyTexts, $0.missing]
        }
    }

    /// What all ranks together counted, each of its own records.
    package init(ofRanks figures: [[String: [Int]]]) {
        for figures in figures {
            for (file, numbers) in figures where numbers.count == 6 {
                var counts = files[file] ?? Counts()
                counts.read += numbers[0]
                counts.broken += numbers[1]
                counts.incompleteRecords = counts.incompleteRecords.with(numbers[2])
                counts.repeats = counts.repeats.with(numbers[3])
                counts.blanks = counts.blanks.with(numbers[4])
                counts.missing += numbers[5]
                files[file] = counts
            }
        }
    }
}

extension DataTally {
    /// What to tell at the end: a line for all, and one for each file that is not as it should be.
    ///
    /// - Parameter limit: The most files that are named.
    package func lines(namingAtMost limit: Int = 10) -> [String] {
        let bad = files.filter { !$0.value.isGood }
            .sorted { ($1.value.badness, $0.key) < ($0.value.badness, $1.key) }
        let total = total
        var lines = ["samples: \(total.read) read, \(total.words(naming: true))"]
        guard files.count > 1 || bad.contains(where: { $0.value.expectation != nil }) else {
            return lines
        }
        lines += bad.prefix(limit).map { file, counts in
            "  \(file): \(counts.read) read, \(counts.words(naming: false))"
                + (counts.expectation.map { "; \($0)" } ?? "")
        }
        if bad.count > limit { lines.append("  and \(bad.count - limit) files more") }
        return lines
    }
}

extension DataTally.Counts {
    /// How much is wrong, to name the worst first.
    fileprivate var badness: Int { missing + broken + incomplete + repeatedKeys + emptyTexts }

    /// - Parameter naming: Whether what there is none of is said too.
    fileprivate func words(naming: Bool) -> String {
        var words: [String] = []
        let passedOver = broken + incomplete
        if passedOver > 0 || naming {
            let kinds = [
                broken > 0 ? "\(broken) broken" : nil,
                incomplete > 0 ? "\(incomplete) without a picture or a caption" : nil,
            ].compactMap { $0 }
            words.append(
                "\(passedOver) passed over"
                    + (kinds.isEmpty ? "" : " (\(kinds.joined(separator: ", ")))"))
        }
        if missing > 0 || naming { words.append("\(missing) missing") }
        if repeatedKeys > 0 { words.append("\(repeatedKeys) under the name of the one before") }
        if emptyTexts > 0 { words.append("\(emptyTexts) with an empty caption") }
        return words.joined(separator: ", ")
    }
}

extension DataTally.Counts: Encodable {
    private enum CodingKeys: String, CodingKey {
        case read
        case broken
        case incomplete
        case missing
        case repeatedKeys = "repeated_keys"
        case emptyTexts = "empty_texts"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(read, forKey: .read)
        try container.encode(broken, forKey: .broken)
        try container.encode(incomplete, forKey: .incomplete)
        try container.encode(missing, forKey: .missing)
        try container.encode(repeatedKeys, forKey: .repeatedKeys)
        try container.encode(emptyTexts, forKey: .emptyTexts)
    }
}

extension DataTally: Encodable {
    private enum CodingKeys: String, CodingKey {
        case total
        case files
    }

    /// `{"total": {"read": ..., ...}, "files": {NAME: {"read": ..., ...}}}`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(total, forKey: .total)
        try container.encode(files, forKey: .files)
    }
}
