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

    /// The largest whole gradient of a unit.
    func largestGradient(_ units: [UnitShape]) -> Double {
        units.filter { $0.trainedCopies > 0 }.map { 4 * Double($0.part(arrangement).count) }.max()
            ?? 0
    }

    /// Whole gradients on their way to the ranks of the sharding axis: that of the unit in work, and
    /// the one before.
    func reduced(_ units: [UnitShape]) -> Double {
        2 * largestGradient(units.filter { $0.part(arrangement).isShared })
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
