/// One record of a stream, not decoded: what to call it, and how it becomes a sample.
package struct StreamRecord: Sendable {
    /// The file or data set that it comes from, and its number there.
    package let name: SampleName
    /// The pass over the data that it belongs to.
    let pass: Int
    /// Different for every record of a stream, equal in every pass; with the pass it decides the
    /// augmentation.
    let key: Int
    /// Bytes that it keeps in memory.
    let byteCount: Int
    /// Whether it is called like the record before, which is another.
    let repeatsKey: Bool
    /// Gives the record that takes this one's place at a try, counted from 1.
    ///
    /// It gives `nil` when all were tried; absent where a stream cannot seek.
    var substitute: (@Sendable (_ attempt: Int) -> StreamRecord?)?
    /// Makes the sample, on a reader thread; throws what is wrong with this one record.
    package let sample: @Sendable () throws -> Sample
}
