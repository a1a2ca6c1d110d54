/// What becomes of a record that cannot be used: the same for one data set and for a mixture.
package enum BadRecordRule: Sendable, Equatable {
    /// Another takes its place, so that every batch is full: for training. It is one of the same data
    /// set where samples are numbered, and the next of the stream where they are not.
    case replace(BadSampleLimit)
    /// Its place stays empty, and the batch is shorter: for evaluation.
    case leaveOut(BadSampleLimit)
    /// The reading ends with what is wrong with it, where every sample is needed.
    case stop

    /// How many there may be.
    var limit: BadSampleLimit {
        switch self {
        case .replace(let limit), .leaveOut(let limit): limit
        case .stop: .count(0)
        }
    }

    /// Whether the places of bad records are filled.
    var fillsPlaces: Bool {
        if case .replace = self { true } else { false }
    }
}
