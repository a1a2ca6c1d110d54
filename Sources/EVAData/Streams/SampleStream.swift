/// A data set that is read from the front, again and again, and need not know how long it is.
///
/// What a reader delivers is a pure function of the stream, the rank and the cursor that it starts
/// from. Every pass delivers each record once, divided among the ranks.
package protocol SampleStream: Sendable {
    /// What the data set is called in messages.
    var name: String { get }
    /// What was found, in one line for the person who started the run.
    var summary: String { get }
    /// Records in a pass of all ranks together; `nil` when that is not known.
    var count: Int? { get }
    /// Starts to read.
    ///
    /// - Parameters:
    ///   - share: Which of the ranks that share the data this is.
    ///   - cursor: Where to begin.
    /// - Throws: `DataError` when this rank would have nothing to read.
    func makeReader(share: RankShare, from cursor: StreamCursor) throws -> any SampleStreamReader
}

/// Reads a stream; used by one thread at a time.
package protocol SampleStreamReader: AnyObject {
    /// Where the next record stands; a reader that begins here goes on as this one would.
    var cursor: StreamCursor { get }
    /// The next record; the data begins anew at its end.
    ///
    /// - Throws: `DataError` when there is no record at all.
    func next() throws -> StreamRecord
}

/// One of the ranks that share data.
package struct RankShare: Sendable, Equatable {
    /// Which of them, from 0.
    package let rank: Int
    /// How many there are.
    package let worldSize: Int

    /// Names a rank.
    package init(rank: Int = 0, worldSize: Int = 1) {
        self.rank = rank
        self.worldSize = worldSize
    }

    /// How many of so many places are this rank's; it holds each `worldSize`-th one.
    func count(of places: Int) -> Int { max(0, (places - rank + worldSize - 1) / worldSize) }
}
