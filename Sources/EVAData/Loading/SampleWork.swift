/// What reader threads make of a sample: a row of pixels, and what stays beside it.
protocol SampleWork: Sendable {
    /// What stays beside the pixels.
    associatedtype Result: SampleWorkResult

    /// Numbers of a row of pixels; 0 where none are wanted.
    var pictureCount: Int { get }

    /// Works on one sample; the same for every call with the same arguments.
    ///
    /// - Parameters:
    ///   - sample: The sample as its source has it.
    ///   - index: Its number in the source; with the epoch it decides the augmentation.
    ///   - epoch: The epoch.
    ///   - name: What to call the sample where it has no path.
    ///   - pixels: Receives `pictureCount` numbers; completely written unless an error is thrown.
    /// - Throws: What is wrong with this sample.
    func prepare(
        _ sample: Sample, index: Int, epoch: Int, name: String,
        into pixels: UnsafeMutableBufferPointer<Float>
    ) throws -> Result
}

/// What is asked of every sample that was worked on.
protocol SampleWorkResult: Sendable {
    /// Whether its text is nothing but the marks of beginning and end.
    var hasEmptyText: Bool { get }
}
