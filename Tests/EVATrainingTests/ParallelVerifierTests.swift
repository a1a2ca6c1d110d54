import EVAConfiguration
import EVAData
import EVATestSupport
import Testing
import Torch
import TorchParallel

@testable import EVATraining

/// Steps of ranks that are threads, beside those of one process.
@Suite struct ParallelVerifierTests {
    /// What a group of ranks does wrong.
    private enum Fault: Sendable {
        case none
        /// A sum over the ranks that is this rank's addend.
        case unsummedScatter
        /// A norm that is this rank's.
        case ownNorm
    }

    /// Ranks with a fault.
    private struct FaultyGroup: ProcessGroup {
        let base: any ProcessGroup
        let fault: Fault

        var rank: Int { base.rank }
        var size: Int { base.size }

        func start(_ collective: Collective) throws -> PendingCollective {
            switch (fault, collective) {
            case (.unsummedScatter, .sumScatter(let whole, into: let slice)):
                let height = slice.shape[0]
                withoutGradient {
                    slice.copy(
                        from: whole.sliced(rank * height..<(rank + 1) * height, dimension: 0))
                }
                return PendingCollective()
            case (.ownNorm, .gather(let part, into: let whole))
            where part.count == 1 && part.dtype == .float32:
                withoutGradient {
                    whole.fill(0)
                    whole.sliced(0..<1, dimension: 0).copy(from: part)
                }
                return PendingCollective()
            default: return try base.start(collective)
            }
        }

        func split(color: Int, name: String) throws -> any ProcessGroup {
            FaultyGroup(base: try base.split(color: color, name: name), fault: fault)
        }
    }

    /// The outcome of a case on ranks that are threads.
    private func verify(
        _ trial: ParallelCase, fault: Fault = .none, repeatsSamples: Bool = false
    ) throws -> ParallelVerifier.Row {
        let rows: [ParallelVerifier.Row?] = try ThreadedProcessGroup.run(size: trial.ranks) {
            group in
            let ranks = try ParallelContext(
                arranging: FaultyGroup(base: group, fault: fault),
                as: trial.mesh(rank: group.rank))
            let supply: ParallelVerifier.Supply = { data, state, plan in
                repeatsSamples
                    ? try Self.firstRanksBatches(data, state, plan)
                    : try data.batches(from: state, plan: plan, badSamples: BadSampleLog())
            }
            return try ParallelVerifier(ranks, device: .cpu, supply: supply).verify(trial)
        }
        return try #require(rows[0])
    }

    /// What the first of two ranks reads, on every rank.
    private static func firstRanksBatches(
        _: TrainingData, _ state: TrainingState, _ plan: StepPlan
    ) throws -> any BatchSupply {
        var trial = ParallelCase()
        trial.data = 2
        let run = trial.configuration
        return try TrainingData(
            run.data, model: ParallelCase.model,
            preprocessing: PreprocessingConfiguration(
                imageSize: ParallelCase.model.vision.imageSize),
            seed: run.seed, dataRank: 0, dataWorldSize: 2
        ).batches(from: state, plan: plan, badSamples: BadSampleLog())
    }

    private static func trial(
        _ data: Int, _ sharding: Int, _ stage: Int, _ tensor: Int,
        _ change: (inout ParallelCase) -> Void = { _ in }
    ) -> ParallelCase {
        var trial = ParallelCase()
        (trial.data, trial.sharding, trial.stage, trial.tensor) = (data, sharding, stage, tensor)
        change(&trial)
        return trial
    }

    @Test(
        "Ranks take the steps of one process, however they are arranged",
        arguments: [
            trial(2, 1, 0, 1) { $0.loss = .local },
            trial(1, 2, 1, 1) { $0.accumulation = .gradient },
            trial(1, 2, 2, 1) {
                $0.optimizer = .lamb
                $0.accumulation = .gradient
            },
            trial(2, 2, 3, 1) {
                $0.optimizer = .lamb
                $0.accumulation = .contrastive
            },
            trial(1, 2, 3, 2) { $0.optimizer = .lion },
            trial(2, 1, 0, 2) {
                $0.optimizer = .lamb
                $0.loss = .gathered
            },
            trial(1, 2, 3, 1) { $0.isLow = true },
        ])
    func equal(trial: ParallelCase) throws {
        let row = try verify(trial)
        #expect(row.isEqual, "\(row)")
    }

    @Test("A gather without its sum, a share's norm, and samples that come twice are found")
    func broken() throws {
        let gathered = Self.trial(2, 1, 0, 1) { $0.loss = .gathered }
        #expect(try verify(gathered).isEqual)
        #expect(try !verify(gathered, fault: .unsummedScatter).isEqual)
        let shared = Self.trial(1, 2, 2, 1)
        #expect(try verify(shared).isEqual)
        #expect(try !verify(shared, fault: .ownNorm).isEqual)
        #expect(try !verify(Self.trial(2, 1, 0, 1), repeatsSamples: true).isEqual)
    }

    @Test("Cases cover every axis, stage and optimizer, each once")
    func cases() {
        let cases = ParallelCase.all(ranks: 4, tensorDegrees: [1, 2, 4])
        #expect(Set(cases.map { "\($0)" }).count == cases.count)
        #expect(cases.allSatisfy { $0.ranks == 4 })
        #expect(Set(cases.map(\.tensor)) == [1, 2, 4])
        #expect(Set(cases.filter { $0.sharding > 1 }.map(\.stage)) == [1, 2, 3])
        #expect(Set(cases.map(\.optimizer)).count == 3)
    }
}
