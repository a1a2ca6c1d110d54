extension ModelConfiguration {
    /// What is divided among the ranks that share each layer, with its name.
    private var dividedNumbers: [(count: Int, name: String)] {
        [
            (vision.headCount, "heads of the vision tower"),
            (vision.mlpWidth, "features of the vision tower's feed-forward"),
            (text.headCount, "heads of the text tower"),
            (text.mlpWidth, "features of the text tower's feed-forward"),
            (text.vocabularySize, "tokens of the vocabulary"),
        ]
    }

    /// The numbers of ranks among which every layer can be divided, in rising order.
    public var tensorDegrees: [Int] {
        let heads = min(vision.headCount, text.headCount)
        guard heads > 0 else { return [] }
        return (1...heads).filter { degree in
            dividedNumbers.allSatisfy { $0.count.isMultiple(of: degree) }
        }
    }

    /// Checks that every layer can be divided among so many ranks.
    ///
    /// - Parameters:
    ///   - degree: The number of ranks, `--tensor_parallel_degree`.
    ///   - name: What the model is called in the error.
    /// - Throws: `ConfigurationError` with every number that stops it and the degrees that work.
    public func checkTensorDegree(_ degree: Int, name: String) throws(ConfigurationError) {
        guard !tensorDegrees.contains(degree) else { return }
        let stopping = dividedNumbers.filter { degree < 1 || !$0.count.isMultiple(of: degree) }
            .map { "\($0.count) \($0.name)" }
        let list = stopping.dropLast().joined(separator: ", ")
        let stopped = (list.isEmpty ? "" : list + " and ") + (stopping.last ?? "")
        let degrees = tensorDegrees.map(String.init).joined(separator: ", ")
        throw ConfigurationError(
            source: "--tensor_parallel_degree \(degree)",
            message: "\(stopped) are not divisible by \(degree); degrees that work for \(name): "
                + degrees)
    }
}
