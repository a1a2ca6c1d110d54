/// Batches in an order, for a trainer that need not know what they are read from.
package protocol BatchSupply: AnyObject {
    /// How long the consumer has waited for batches, reading on its own thread included.
    var waitSeconds: Double { get }
    /// Where a stream goes on after the batch that was delivered last; `nil` for data of known
    /// length, whose place follows from the number of batches.
    var streamPosition: StreamPosition? { get }
    /// What became of the records so far.
    var tally: DataTally { get }
    /// The next batch; `nil` at the end of the last epoch and after `stop`.
    func next() throws -> HostBatch?
    /// Ends the reader threads and waits until they have ended.
    func stop()
}
