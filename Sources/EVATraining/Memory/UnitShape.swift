internal import EVALayers

/// A unit of parameters as numbers alone; see `ParameterUnit`.
struct UnitShape: Sendable, Equatable {
    /// One parameter's place in the unit's buffers.
    struct Segment: Sendable, Equatable {
        /// Elements of the whole parameter.
        let count: Int
        /// Whether matrix products read it.
        let isOperand: Bool
        /// Whether the ranks of the tensor axis hold a part of it each.
        let isDivided: Bool

        /// Elements that one of so many ranks of the tensor axis holds.
        func count(tensorDegree: Int) -> Int { isDivided ? count / tensorDegree : count }
    }

    let segments: [Segment]
    /// How many such units the model has.
    let copies: Int
    /// How many of them training changes.
    let trainedCopies: Int

    /// Whether matrix products read any of it, so that 16-bit training keeps operands.
    var hasOperands: Bool { segments.contains(where: \.isOperand) }

    /// Elements of each of the unit's buffers on one of so many ranks of the tensor axis.
    func count(tensorDegree: Int) -> Int {
        segments.reduce(0) { $0 + Self.aligned($1.count(tensorDegree: tensorDegree)) }
    }

    /// Elements of a buffer's share on one of so many ranks of the sharding axis.
    func share(tensorDegree: Int, shardingDegree: Int) -> Int {
        (count(tensorDegree: tensorDegree) + shardingDegree - 1) / shardingDegree
    }

    private static func aligned(_ count: Int) -> Int {
        (count + ParameterUnit.alignment - 1) / ParameterUnit.alignment * ParameterUnit.alignment
    }
}
