/// A place in a stream, small enough for every checkpoint.
package struct StreamCursor: Codable, Sendable, Equatable {
    /// Whole passes of this rank before this place.
    package var pass = 0
    /// Shards of this pass before the one where the present window begins.
    package var shard = 0
    /// Records of that shard before the window.
    package var record = 0
    /// Records of the window that were delivered.
    package var delivered = 0

    /// The beginning.
    package init() {}
}

/// A place in a mixture of streams, by which a run goes on exactly where it stopped.
package struct StreamPosition: Codable, Sendable, Equatable {
    /// Records delivered before this place, those that could not be used included.
    package var records = 0
    /// What each stream is owed; see ``StreamMixture``.
    package var credits: [Int]
    /// Where each stream goes on.
    package var cursors: [StreamCursor]

    /// The beginning of a mixture.
    package init(streamCount: Int) {
        credits = Array(repeating: 0, count: streamCount)
        cursors = Array(repeating: StreamCursor(), count: streamCount)
    }

    /// Goes back to where each stream began its present pass.
    package mutating func restartPass() {
        for index in cursors.indices {
            let pass = cursors[index].pass
            cursors[index] = StreamCursor()
            cursors[index].pass = pass
        }
    }
}
