import Foundation

/// How many samples of a data set may be unreadable before a run stops.
package enum BadSampleLimit: Sendable, Equatable, CustomStringConvertible {
    /// A share of the data, in 0 ... 1, rounded up to whole samples.
    case share(Double)
    /// A number of samples.
    case count(Int)

    /// One in a hundred.
    package static let standard = BadSampleLimit.share(0.01)

    /// Reads a limit: "20" is a number of samples; "0.01" and "1%" are shares.
    ///
    /// - Throws: `DataError` when the text is neither.
    package init(parsing text: String) throws(DataError) {
        let isPercent = text.hasSuffix("%")
        let number = isPercent ? String(text.dropLast()) : text
        if !isPercent, let count = Int(number), count >= 0 {
            self = .count(count)
        } else if let value = Double(number), (0...(isPercent ? 100 : 1)).contains(value) {
            self = .share(isPercent ? value / 100 : value)
        } else {
            throw DataError(
                "max_bad_samples",
                "expected a number of samples (20), a share (0.01) or a percentage (1%), "
                    + "got '\(text)'")
        }
    }

    /// The most bad samples allowed among so many.
    package func allowed(of sampleCount: Int) -> Int {
        switch self {
        case .share(let share): Int((share * Double(sampleCount)).rounded(.up))
        case .count(let count): count
        }
    }

    /// As a flag's value.
    package var description: String {
        switch self {
        case .share(let share): "\(share)"
        case .count(let count): "\(count)"
        }
    }
}
