internal import EVAData

/// Which samples a step learns from, and where they can be read again.
struct StepSamples {
    /// Where the first batch stands.
    private(set) var start: BatchPosition?
    private(set) var batchCount = 0
    /// Records of the data set.
    private(set) var records: [Int] = []

    mutating func add(_ batches: [HostBatch]) {
        start = start ?? batches.first?.position
        batchCount += batches.count
        records += batches.flatMap(\.sampleIndices)
    }
}
