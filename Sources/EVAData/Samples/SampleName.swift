/// Where a sample lies, in words that stay the same: its file and its number there.
///
/// The same as in `bad_samples.jsonl`; with it a sample is found again by hand.
package struct SampleName: Codable, Sendable, Hashable {
    /// The file or data set.
    package let file: String
    /// Its number there, from 0.
    package let record: Int
    /// What the members of a shard that make up the sample have in common in their names.
    package let key: String?

    /// Names a sample.
    package init(file: String, record: Int, key: String? = nil) {
        self.file = file
        self.record = record
        self.key = key
    }
}

extension SampleName: CustomStringConvertible {
    /// For the person who reads a message.
    package var description: String {
        "\(file), record \(record)" + (key.map { " (\($0))" } ?? "")
    }
}
