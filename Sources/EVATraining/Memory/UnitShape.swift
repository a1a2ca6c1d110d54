internal import EVALayers
internal import TorchParallel

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
    /// Whether layers say when they read it, so that it is gathered for them alone.
    let isBounded: Bool
    /// How many such units the model has.
    let copies: Int
    /// How many of them training changes.
    let trainedCopies: Int

    /// Whether matrix products read any of it, so that 16-bit training keeps operands.
    var hasOperands: Bool { segments.contains(where: \.isOperand) }

    /// What one rank of an arrangement holds of the unit.
    struct Part {
        /// Elements of each buffer that is whole.
        let count: Int
        /// Elements of the rank's share: all of them where the unit is not shared.
        let share: Int

        /// Whether the ranks of the sharding axis update a share each.
        var isShared: Bool { share < count }
    }

    /// What one rank holds of it; see `ParameterSharding.owner` and `ParameterUnit`.
    func part(_ arrangement: Arrangement) -> Part {
        let mesh = arrangement.mesh
        let counts = segments.map { $0.count(tensorDegree: mesh.tensorDegree) }
        let isShared =
            arrangement.shardingStage > 0 && mesh.shardingDegree > 1
            && counts.reduce(0, +) >= ParameterSharding.smallestUnit
        let owners = isShared ? mesh.shardingDegree : 1
        let count = Self.aligned(
            counts.reduce(0) { $0 + Self.aligned($1) }, to: ParameterUnit.alignment * owners)
        return Part(count: count, share: count / owners)
    }

    private static func aligned(_ count: Int, to step: Int = ParameterUnit.alignment) -> Int {
        (count + step - 1) / step * step
    }
}
