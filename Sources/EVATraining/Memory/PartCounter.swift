internal import EVAConfiguration
internal import TorchParallel

/// Counts what one rank of an arrangement holds of a model's units, in bytes.
struct PartCounter {
    private let arrangement: Arrangement
    private let operandBytes: Double
    /// Whether gradients are brought together while backward goes on, which then are in fp32.
    private let collectsInBackward: Bool

    init(_ arrangement: Arrangement, _ precision: PrecisionConfiguration) {
        self.arrangement = arrangement
        operandBytes = precision.operandBytes
        collectsInBackward = arrangement.mesh.worldSize > 1
    }

    private var tensorDegree: Int { arrangement.mesh.tensorDegree }

    /// Bytes of buffers of which each rank keeps a share from a stage of sharding on.
    ///
    /// - Parameter size: bytes of an element.
    func bytes(
        of units: [UnitShape], stage: Int, each size: Double, trainedOnly: Bool = false
    ) -> Double {
        let shares = arrangement.shareCount(fromStage: stage)
        return units.reduce(0) { sum, unit in
            let count = unit.share(tensorDegree: tensorDegree, shardingDegree: shares)
            return sum + size * Double(count * (trainedOnly ? unit.trainedCopies : unit.copies))
        }
    }

    /// Bytes of the gradients that are kept until the update.
    func gradients(of units: [UnitShape]) -> Double {
        bytes(of: units, stage: 2, each: 4, trainedOnly: true)
    }

    /// Bytes of gradients at a time when backward has passed the units and not its end.
    ///
    /// What it leaves at a parameter has the dtype of what it read.
    func arrived(of units: [UnitShape]) -> Double {
        guard !collectsInBackward, operandBytes < 4 else { return gradients(of: units) }
        return units.reduce(0) { sum, unit in
            let bytes = unit.segments.reduce(0) {
                $0 + ($1.isOperand ? operandBytes : 4) * Double($1.count)
            }
            return sum + bytes * Double(unit.trainedCopies)
        }
    }

    /// Bytes of the largest unit's whole gradient.
    func largest(_ units: [UnitShape]) -> Double {
        units.filter { $0.trainedCopies > 0 }
            .map { 4 * Double($0.count(tensorDegree: tensorDegree)) }.max() ?? 0
    }

    /// The same where it is there only on its way to the ranks of the sharding axis.
    func largestReduced(_ units: [UnitShape]) -> Double {
        arrangement.shareCount(fromStage: 2) > 1 ? largest(units) : 0
    }

    /// Bytes of the largest unit that is gathered before it is computed with.
    func largestGathered(_ units: [UnitShape]) -> Double {
        guard arrangement.shareCount(fromStage: 3) > 1 else { return 0 }
        return units.map(gathered).max() ?? 0
    }

    /// Bytes of a unit's parameters as forward and backward read them.
    func gathered(_ unit: UnitShape) -> Double {
        unit.segments.reduce(0) {
            $0 + ($1.isOperand ? operandBytes : 4)
                * Double($1.count(tensorDegree: tensorDegree))
        }
    }
}
