/// A record that cannot be used.
struct RecordFailure: Sendable {
    var name: SampleName
    var reason: String
    /// What is missing with it.
    var shortage: UnusableRecord.Shortage?
}
