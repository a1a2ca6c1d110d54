/// Why a record of a stream is no sample, where that is not a fault of the record alone.
package enum UnusableRecord: Error, Sendable {
    /// It lacks a picture or a caption, as what a download did not bring. Nothing is broken, so that
    /// it counts for no limit.
    case incomplete(reason: String)
    /// The rest of a file cannot be read; this record stands for all that is missing with it.
    case lost(Shortage, reason: String)
    /// The file ends well, but before its samples are as many as they should be.
    case short(Shortage)

    /// Samples that should be in a file and are not.
    package struct Shortage: Sendable, Equatable {
        /// How many are missing; at least this many where nobody knows.
        package let missing: Int
        /// How many samples the whole file should have; nil where nobody knows.
        package let expected: Int?
        /// What says so.
        package let basis: String
    }

    /// What is missing with the record; nil where nothing is.
    package var shortage: Shortage? {
        switch self {
        case .incomplete: nil
        case .lost(let shortage, _), .short(let shortage): shortage
        }
    }
}

extension UnusableRecord: CustomStringConvertible {
    package var description: String {
        switch self {
        case .incomplete(let reason): reason
        case .lost(let shortage, let reason): "\(reason); \(shortage)"
        case .short(let shortage): "\(shortage)"
        }
    }
}

extension UnusableRecord.Shortage: CustomStringConvertible {
    package var description: String {
        guard let expected else { return "how many samples are missing is not known" }
        return "\(missing) samples are missing of the \(expected) that \(basis)"
    }
}
