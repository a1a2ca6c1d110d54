import EVAConfiguration
import EVALayers
import EVAModels
import EVATensorFiles
import EVATestSupport
import Testing
import Torch
import TorchParallel

/// Layers that ranks share, which are threads here, against those of one process.
@Suite struct SplitModelTests {
    @Test(
        "Ranks that share each layer have one process's features and gradients",
        arguments: Fixtures.families, [2, 4])
    func float32(family: String, size: Int) throws {
        let configuration = try SplitModel.configuration(family)
        let whole = try SplitModel.outcome(configuration)
        for recomputes in [false, true] {
            let outcomes = try ThreadedProcessGroup.run(size: size) { group in
                try SplitModel.outcome(configuration, recomputes: recomputes, in: group)
            }
            for outcome in outcomes {
                let comparison = SplitComparison(outcome, whole)
                #expect(comparison.features <= Tolerance.splitFeatures, "\(comparison)")
                #expect(comparison.gradients.share <= Tolerance.splitGradients, "\(comparison)")
                #expect(outcome.gradients.count == whole.gradients.count)
                // To the bit: what ranks hold in common must not drift apart.
                #expect(outcome.images == outcomes[0].images && outcome.texts == outcomes[0].texts)
                #expect(outcome.replicated == outcomes[0].replicated)
                #expect(!outcome.replicated.isEmpty)
            }
        }
    }

    @Test(
        "Ranks that share each layer in bf16 come as near as rounding lets them",
        arguments: Fixtures.families, [2, 4])
    func bfloat16(family: String, size: Int) throws {
        let configuration = try SplitModel.configuration(family)
        let whole = try SplitModel.outcome(configuration, dtype: .bfloat16)
        let outcomes = try ThreadedProcessGroup.run(size: size) { group in
            try SplitModel.outcome(configuration, dtype: .bfloat16, recomputes: true, in: group)
        }
        for outcome in outcomes {
            let comparison = SplitComparison(outcome, whole)
            #expect(comparison.features <= Tolerance.bfloat16SplitFeatures, "\(comparison)")
            #expect(comparison.gradientNorm <= Tolerance.bfloat16SplitGradients, "\(comparison)")
            #expect(outcome.replicated == outcomes[0].replicated)
        }
    }

    @Test("A sum that ranks leave out, anywhere in forward or backward, is seen")
    func missingSum() throws {
        let configuration = try SplitModel.configuration("b_eva02b")
        let whole = try SplitModel.outcome(configuration)
        let counts = try ThreadedProcessGroup.run(size: 2) { group in
            let counting = AlteredGroup(group)
            _ = try SplitModel.outcome(configuration, in: counting)
            return counting.sums.count
        }
        let count = counts[0]
        #expect(counts == [count, count])
        // Three vision blocks with norms inside, two text blocks and the table of tokens.
        #expect(count == 3 * (2 + 2 + 2) + 2 * (2 + 2) + 1)
        for left in 0..<count {
            let outcomes = try ThreadedProcessGroup.run(size: 2) { group in
                try SplitModel.outcome(
                    configuration, in: AlteredGroup(group) { $0 == left ? .leaveOut : .carryOut })
            }
            let comparison = SplitComparison(outcomes[0], whole)
            #expect(
                comparison.gradients.share > 100 * Tolerance.splitGradients,
                "sum \(left): \(comparison)")
        }
    }

    @Test(
        "A collective that fails, in forward or backward, is what the computation throws",
        arguments: [false, true])
    func failingCollective(recomputes: Bool) throws {
        let configuration = try SplitModel.configuration("b_eva02b")
        let counting = AlteredGroup(size: 2)
        _ = try SplitModel.outcome(configuration, recomputes: recomputes, in: counting)
        for failing in [0, 1, counting.sums.count / 2, counting.sums.count - 1] {
            let group = AlteredGroup(size: 2) { $0 == failing ? .fail : .carryOut }
            #expect(throws: AlteredGroup.failure, "sum \(failing)") {
                try throwingTorchFailures {
                    _ = try SplitModel.outcome(
                        configuration, recomputes: recomputes, in: group)
                }
            }
            #expect(group.sums.count == failing + 1, "no rank goes on after a failure")
        }
    }

    @Test("A model draws the same weights however many ranks share it", arguments: [2, 4])
    func initialization(size: Int) throws {
        let configuration = try SplitModel.configuration("c_eva02l336")
        let whole = CLIP(configuration, device: .cpu)
        whole.store.initialize(seed: 3)
        let expected = whole.store.parameters.map { $0.master.floats() }
        let outcomes = try ThreadedProcessGroup.run(size: size) { group in
            let clip = CLIP(configuration, device: .cpu, layerParts: group)
            clip.store.initialize(seed: 3)
            return (
                count: clip.store.elementCount,
                split: clip.store.parameters.filter(\.isSplit).map(\.value.count).reduce(0, +),
                values: try clip.store.parameters.map {
                    try clip.store.merged($0.master, as: $0).floats()
                }
            )
        }
        for outcome in outcomes {
            #expect(outcome.values == expected)
            #expect(outcome.count + (size - 1) * outcome.split == whole.store.elementCount)
            // Most of a model is shared out.
            #expect(outcome.split * size * 2 > whole.store.elementCount)
        }
    }

    @Test(
        "Weights are split when they are loaded and merged when they are saved, to the bit",
        arguments: Fixtures.families, WeightNaming.allCases)
    func weights(family: String, naming: WeightNaming) throws {
        let folder = try TinyFolder()
        let configuration = try SplitModel.configuration(family)
        let whole = SplitModel.make(configuration)
        let path = folder.file("whole.safetensors")
        try whole.saveWeights(to: path, naming: naming)
        let expected = whole.store.parameters.map { $0.master.floats() }
        let merged = folder.file("merged.safetensors")
        let outcomes = try ThreadedProcessGroup.run(size: 4) { group in
            let clip = CLIP(configuration, device: .cpu, layerParts: group)
            try clip.loadWeights(from: SafetensorsFile(path: path))
            try clip.saveWeights(to: merged, naming: naming)
            return try clip.store.parameters.map {
                try clip.store.merged($0.master, as: $0).floats()
            }
        }
        for outcome in outcomes { #expect(outcome == expected) }
        let (before, after) = (
            try SafetensorsFile(path: path), try SafetensorsFile(path: merged)
        )
        #expect(after.names == before.names)
        for name in before.names {
            let (x, y) = (try before.tensor(named: name), try after.tensor(named: name))
            #expect(x.shape == y.shape)
            #expect(x.withUnsafeBytes { x in y.withUnsafeBytes { x.elementsEqual($0) } })
        }
    }
}
