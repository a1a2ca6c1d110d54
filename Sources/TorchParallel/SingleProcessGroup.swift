internal import Torch

/// A group of one rank: every collective gives back what it was given.
package struct SingleProcessGroup: ProcessGroup {
    package let rank = 0
    package let size = 1

    package init() {}

    package func start(_ collective: Collective) throws -> PendingCollective {
        switch collective {
        case .sum, .broadcast, .barrier: break
        case .sumScatter(let part, let whole), .gather(let part, let whole):
            withoutGradient { whole.copy(from: part) }
        case .send, .receive: fatalError("a group of one rank has nobody to send to")
        }
        return PendingCollective()
    }

    package func split(color: Int, name: String) -> any ProcessGroup { self }
}
