package import TorchParallel

/// A group whose sums are counted and may be left out or fail.
package struct AlteredGroup: ProcessGroup {
    /// What becomes of a sum.
    package enum Fate {
        case carryOut
        case leaveOut
        case fail
    }

    /// How many sums were begun.
    package final class Count {
        package fileprivate(set) var count = 0
    }

    /// What a sum that fails throws.
    package static let failure = ParallelError.libraryFailed(call: "sum", reason: "a test")

    package let rank: Int
    package let size: Int
    package let sums = Count()
    private let group: (any ProcessGroup)?
    private let fate: (Int) -> Fate

    /// - Parameters:
    ///   - group: carries the collectives out.
    ///   - fate: from the number of the sum, from 0.
    package init(_ group: any ProcessGroup, _ fate: @escaping (Int) -> Fate = { _ in .carryOut }) {
        (rank, size) = (group.rank, group.size)
        self.group = group
        self.fate = fate
    }

    /// A group in which nobody answers: the results of collectives are what they find.
    package init(size: Int, _ fate: @escaping (Int) -> Fate = { _ in .carryOut }) {
        (rank, self.size) = (0, size)
        group = nil
        self.fate = fate
    }

    package func start(_ collective: Collective) throws -> PendingCollective {
        if case .sum = collective {
            defer { sums.count += 1 }
            switch fate(sums.count) {
            case .carryOut: break
            case .leaveOut: return PendingCollective()
            case .fail: throw Self.failure
            }
        }
        return try group?.start(collective) ?? PendingCollective()
    }

    package func split(color: Int, name: String) throws -> any ProcessGroup { self }
}
