internal import EVAConfiguration
package import EVAData
internal import EVAOptimization
package import Torch
package import TorchParallel

/// Takes the same steps on arrangements of the ranks and on one process, and compares them.
///
/// In fp32 they may differ by rounding alone. In bf16 each rank rounds sums that one process rounds
/// once, so there an arrangement may be twice as far from fp32 as one process in bf16 is.
package final class ParallelVerifier {
    /// The outcome of a case.
    package struct Row: Sendable {
        package let trial: ParallelCase
        package let difference: ParallelDifference
        package let isEqual: Bool
    }

    /// The most that losses, gradients and weights in fp32 may differ, relatively.
    package static let limit = 1e-5
    private static let lowFactor = 2.0

    private let ranks: ParallelContext
    private let device: Device
    /// Steps of one process, which the first rank compares with.
    private var references: [(trial: ParallelCase, course: ParallelCourse)] = []
    private var arranged: (mesh: DeviceMesh, ranks: ParallelContext)?

    /// What may be given in place of the real batches, to see that the comparison finds it.
    package typealias Supply = (TrainingData, TrainingState, StepPlan) throws -> any BatchSupply
    private let supply: Supply?

    /// - Parameter ranks: all of them take part in every case.
    package init(_ ranks: ParallelContext, device: Device, supply: Supply? = nil) {
        self.ranks = ranks
        self.device = device
        self.supply = supply
    }

    /// Compares one case; all ranks call it.
    ///
    /// - Returns: the outcome on the first rank, nil on the others.
    package func verify(_ trial: ParallelCase) throws -> Row? {
        ranks.enter("\(trial)")
        let mesh = trial.mesh(rank: ranks.world.rank)
        if arranged?.mesh != mesh {
            arranged = (
                mesh,
                ranks.world.size == 1
                    ? .single
                    : try ParallelContext(arranging: ranks.world, as: mesh, stagesOf: ranks)
            )
        }
        guard let arranged else { return nil }
        let course = try ParallelCourse(
            trial, on: arranged.ranks, device: device, supply: supply)
        guard ranks.world.rank == 0 else { return nil }
        let isBySign = trial.optimizer == .lion
        let precise = try reference(trial.single.precise)
        let difference = ParallelDifference(course, from: precise, isBySign: isBySign)
        guard trial.isLow else {
            return Row(
                trial: trial, difference: difference, isEqual: difference.isWithin(Self.limit))
        }
        let usual = ParallelDifference(
            try reference(trial.single), from: precise, isBySign: isBySign)
        return Row(
            trial: trial, difference: difference,
            isEqual: difference.isWithin(usual, times: Self.lowFactor))
    }

    private func reference(_ trial: ParallelCase) throws -> ParallelCourse {
        if let known = references.first(where: { $0.trial == trial }) { return known.course }
        let course = try ParallelCourse(trial, on: .single, device: device)
        references.append((trial, course))
        return course
    }
}
