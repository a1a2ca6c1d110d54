import EVAData

/// Some samples of a data set, in an order of their own.
struct SampleSelection: SampleSource {
    private let source: any SampleSource
    private let indices: [Int]

    init(_ source: any SampleSource, indices: [Int]) {
        self.source = source
        self.indices = indices
    }

    var name: String { source.name }

    var count: Int { indices.count }

    var summary: String { "\(source.name): \(count) of \(source.count) samples" }

    func sample(at index: Int) throws -> Sample { try source.sample(at: indices[index]) }
}
