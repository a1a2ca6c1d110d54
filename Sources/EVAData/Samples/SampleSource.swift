/// A data set: numbered samples that reader threads fetch in any order.
///
/// Fetching is where files are opened, archives are read and fields are chosen, and it happens on
/// reader threads, so a source that is a stream on disk keeps an index of where its samples lie.
public protocol SampleSource: Sendable {
    /// What the data set is called in messages and in `bad_samples.jsonl`: its file or folder.
    var name: String { get }
    /// How many samples there are.
    var count: Int { get }
    /// What was found, in one line for the person who started the run.
    var summary: String { get }
    /// Fetches a sample, equal at every call.
    ///
    /// - Parameter index: A sample in `0 ..< count`.
    /// - Returns: The sample, its picture not decoded.
    /// - Throws: What is wrong with this one sample; the run goes on with others.
    func sample(at index: Int) throws -> Sample
}
