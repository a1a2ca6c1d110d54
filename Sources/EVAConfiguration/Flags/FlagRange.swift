/// The numbers that a flag takes.
///
/// Every flag that acts has one. Its bounds are far beyond any use, but near enough that no sum or
/// product of settings overflows, and that each is a finite number in single precision.
package struct FlagRange: Sendable, Equatable {
    private let lowest: Double
    private let highest: Double
    private let takesLowest: Bool
    private let takesHighest: Bool

    /// From one number to another, both of which are taken.
    package static func from(_ lowest: Double, to highest: Double) -> FlagRange {
        FlagRange(lowest: lowest, highest: highest, takesLowest: true, takesHighest: true)
    }

    /// From a number that is taken to one that is not.
    package static func from(_ lowest: Double, below highest: Double) -> FlagRange {
        FlagRange(lowest: lowest, highest: highest, takesLowest: true, takesHighest: false)
    }

    /// From a number that is not taken to one that is.
    package static func above(_ lowest: Double, to highest: Double) -> FlagRange {
        FlagRange(lowest: lowest, highest: highest, takesLowest: false, takesHighest: true)
    }

    /// Whether a number is taken; none that is not finite is.
    package func contains(_ value: Double) -> Bool {
        (takesLowest ? value >= lowest : value > lowest)
            && (takesHighest ? value <= highest : value < highest)
    }

    /// Whether an integer is taken.
    package func contains(_ value: Int) -> Bool { contains(Double(value)) }

    /// The range in words, such as `from 0 to below 1`.
    package var words: String {
        (takesLowest ? "from " : "above ") + Self.text(lowest)
            + (takesHighest ? takesLowest ? " to " : ", at most " : " to below ")
            + Self.text(highest)
    }

    /// A number without the fraction or exponent that it does not need.
    private static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(number)"
    }
}

// Ranges that several flags share.
extension FlagRange {
    /// Steps of a run.
    package static let steps = from(1, to: 1e12)
    /// Steps that may be none.
    package static let stepsOrNone = from(0, to: 1e12)
    /// Samples in the model at once.
    package static let batch = from(1, to: 1_048_576)
    /// Batches that are put together.
    static let accumulation = from(1, to: 65536)
    /// Learning rates and weight decays.
    static let rate = from(0, to: 1000)
    /// Probabilities.
    package static let share = from(0, to: 1)
    /// Decays of moments, and what is left out.
    static let shareBelowOne = from(0, below: 1)
    /// Processes along an axis, for which the original writes -1 where it means none.
    static let degree = from(-1, to: 65536)
    /// Processes along an axis.
    package static let processes = from(1, to: 65536)
    /// The sides of pictures, in pixels.
    package static let imageSize = from(1, to: 8192)
    /// The sides of patches, in pixels.
    package static let patchSize = from(1, to: 1024)
    /// Threads of the computation, whatever the machine.
    package static let threads = from(1, to: 1024)
    /// Reader threads, whatever the machine; 0 for a number that fits it.
    package static let readers = from(0, to: 1024)
}
