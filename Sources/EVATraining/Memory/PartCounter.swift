internal import EVAConfiguration
internal import TorchParallel

/// Counts what one rank of an arrangement holds of a model's units, in bytes.
struct PartCounter {
    private let arrangement: Arrangement
    private let operandBytes: Double

    init(_ arrangement: Arrangement, _ precision: PrecisionConfiguration) {
        self.arrangement = arrangement
        operandBytes = precision.operandBytes
    }

    private var sharesParameters: Bool { arrangement.shardingStage == 3 }

    private func sum(
        _ units: [UnitShape], trainedOnly: Bool = false,
        _ bytes: (UnitShape, UnitShape.Part) -> Double
    ) -> Double {
        units.reduce(0) { sum, unit in
            let copies = trainedOnly ? unit.trainedCopies : unit.copies
            return sum + bytes(unit, unit.part(arrangement)) * Double(copies)
        }
    }

    /// The fp32 values that are kept between passes.
    func values(_ units: [UnitShape]) -> Double {
        sum(units) { _, part in 4 * Double(sharesParameters ? part.share : part.count) }
    }

    /// The operands of 16-bit products that are kept between passes.
    func operands(_ units: [UnitShape]) -> Double {
        guard operandBytes < 4 else { return 0 }
        return sum(units.filter(\.hasOperands)) { _, part in
            sharesParameters && part.isShared ? 0 : operandBytes * Double(part.count)
        }
    }

    /// A buffer of what this rank updates, as moments, averages, and gradients after backward are.
    func updated(_ units: [UnitShape]) -> Double {
        sum(units, trainedOnly: true) { _, part in 4 * Double(part.share) }
    }

    /// The gradients that are kept from one pass to the next.
    func gradientsBetweenPasses(_ units: [UnitShape]) -> Double {
        sum(units, trainedOnly: true) { _, part in
            4 * Double(arrangement.shardingStage >= 2 ? part.share : part.count)
        }
    }

    /// Gradients when backward has passed the units: those of blocks are summed by then, and the
    /// others wait at the parameters.
    ///
    /// - Parameter isLater: whether gradients of other passes are there too.
    func arrived(_ units: [UnitShape], isLater: Bool) -> Double {
        sum(units, trainedOnly: true) { unit, part in
            let isGivenAway = arrangement.shardingStage >= 2 && part.isShared
            let kept = isLater && !isGivenAway ? part.count : part.share
            let waiting = unit.isBounded || (isLater && !isGivenAway) ? 0 : part.count
            return 4 * Double(unit.isBounded || isLater ? kept + waiting : waiting)
        }
    }

    /// What the unit with the largest gradient takes besides its share, while that is brought
    /// together at the end of backward: as it came, and as it is sent; and its parameters.
    func collected(_ units: [UnitShape]) -> Double {
        units.filter { $0.trainedCopies > 0 }.map { unit in
            let part = unit.part(arrangement)
            let parameters = sharesParameters && part.isShared && !unit.isBounded
            return 4 * Double(2 * part.count - part.share) + (parameters ? gathered(unit) : 0)
        }.max() ?? 0
    }

    /// Whole gradients of blocks on their way to the ranks of the sharding axis: that of the block in
    /// work, and the one before.
    func reduced(_ units: [UnitShape]) -> Double {
        let blocks = units.filter {
            $0.isBounded && $0.trainedCopies > 0 && $0.part(arrangement).isShared
        }
        return 2 * (blocks.map { 4 * Double($0.part(arrangement).count) }.max() ?? 0)
    }

    /// Parameters of which other ranks keep the rest, while a block is in work: its own, and those
    /// that no block reads.
    func gathered(_ units: [UnitShape]) -> Double {
        guard sharesParameters else { return 0 }
        let shared = units.filter { $0.part(arrangement).isShared }
        let blocks = shared.filter(\.isBounded).map(gathered).max() ?? 0
        return shared.filter { !$0.isBounded }.reduce(blocks) { $0 + gathered($1) }
    }

    private func gathered(_ unit: UnitShape) -> Double {
        let bytes = unit.hasOperands && operandBytes < 4 ? 4 + operandBytes : 4
        return bytes * Double(unit.part(arrangement).count)
    }
}
