internal import EVAData

/// Which samples a step learns from, and where they can be read again.
struct StepSamples {
    /// Where the first batch stands.
    private(set) var first: (position: BatchPosition, stream: StreamPosition?)?
    private(set) var batchCount = 0
    /// Where the samples lie.
    private(set) var names: [SampleName] = []

    mutating func add(_ batches: [HostBatch]) {
        first = first ?? batches.first.map { ($0.position, $0.streamStart) }
        batchCount += batches.count
        names += batches.flatMap(\.sampleNames)
    }
}
