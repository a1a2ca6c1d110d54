/// Names of many files in one word: `shards/{00000..00099}.tar`, `{a,b}.tar`.
///
/// Ranges keep the zeros that their first number is written with, as in a shell. Several braces in
/// one pattern multiply; within each other they are not read.
package enum ShardPattern {
    private static let mostNames = 10_000_000

    /// What divides several patterns in one word.
    package static let separator = "::"

    /// The names that a pattern stands for, in its order.
    ///
    /// - Throws: `DataError` for braces that do not close or a range that cannot be read.
    package static func expand(_ pattern: String) throws(DataError) -> [String] {
        guard let open = pattern.firstIndex(of: "{") else {
            guard !pattern.contains("}") else { throw fault(pattern) }
            return [pattern]
        }
        guard let close = pattern[open...].firstIndex(of: "}"),
            !pattern[pattern.index(after: open)..<close].contains("{")
        else { throw fault(pattern) }
        let head = pattern[..<open]
        let words = try alternatives(pattern[pattern.index(after: open)..<close], of: pattern)
        let tails = try expand(String(pattern[pattern.index(after: close)...]))
        guard words.count <= mostNames / tails.count else {
            throw DataError(pattern, "stands for more than \(mostNames) files")
        }
        return words.flatMap { word in tails.map { "\(head)\(word)\($0)" } }
    }

    private static func alternatives(_ inner: Substring, of pattern: String) throws(DataError)
        -> [String]
    {
        let words = inner.split(separator: ",", omittingEmptySubsequences: false)
        if words.count > 1 { return words.map(String.init) }
        let ends = inner.split(separator: "..", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]), first >= 0,
            last >= first
        else { throw fault(pattern) }
        guard last - first < mostNames else {
            throw DataError(pattern, "stands for more than \(mostNames) files")
        }
        let width = ends[0].count
        return (first...last).map { number in
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
    }

    private static func fault(_ pattern: String) -> DataError {
        DataError(
            pattern, "expected braces such as {00000..00099} or {a,b}, each closed before the next")
    }
}
