import EVAConfiguration
import EVAModels
import EVATensorFiles
import EVATestSupport
import Testing
import Torch

@testable import EVATraining

/// The tiled loss against the same formula written plainly, with autograd's gradients.
@Suite struct ContrastiveLossTests {
    /// Unit vectors of a batch, leaves of their own for each form of the loss.
    private struct Batch {
        let images: Tensor
        let texts: Tensor
        let logScale: Tensor
        let bias: Tensor

        init(count: Int = 13, width: Int = 8, seed: UInt64 = 5) {
            let random = RandomSource(seed: seed)
            func leaf() -> Tensor {
                let values = Tensor.empty([count, width], dtype: .float32, device: .cpu)
                values.fillNormal(standardDeviation: 1, from: random)
                let unit = values.normalized().detached()
                unit.requiresGradient = true
                return unit
            }
            images = leaf()
            texts = leaf()
            logScale = Tensor.full([], 2.5, device: .cpu)
            logScale.requiresGradient = true
            bias = Tensor.full([], -2, device: .cpu)
            bias.requiresGradient = true
        }

        /// The loss and the gradients of images, texts, the scale and the bias (0 where it has
        /// none), after a backward pass.
        func result(of loss: Tensor) throws -> [[Float]] {
            loss.backward()
            return try [[Float(loss.detached().item())]]
                + [images, texts, logScale].map { try #require($0.gradient).floats() }
                + [bias.gradient?.floats() ?? [0]]
        }
    }

    private func keys(_ images: [Int64], _ texts: [Int64]) -> ContrastiveLoss.Keys {
        ContrastiveLoss.Keys(
            images: Tensor(images, shape: [images.count]),
            texts: Tensor(texts, shape: [texts.count]))
    }

    /// The loss as its formula has it; `masked` pairs are no negatives.
    private func plain(
        _ batch: Batch, _ kind: LossConfiguration.Kind = .softmax, masked: [[Bool]]? = nil
    ) -> Tensor {
        var logits = batch.images.matmul(batch.texts.transposed(0, 1)) * batch.logScale.exp()
        let count = logits.shape[0]
        if let masked {
            let penalties = masked.flatMap { $0.map { Float($0 ? -1e9 : 0) } }
            logits = logits + Tensor(penalties, shape: [count, count])
        }
        if kind == .sigmoid {
            let signs = (0..<count * count).map { Float($0 % (count + 1) == 0 ? 1 : -1) }
            let judged = (logits + batch.bias) * Tensor(signs, shape: [count, count])
            return judged.sigmoid().log().sum() * (-1 / Double(count))
        }
        let hits = logits.diagonal().mean() * 2
        let rows = logits.logSumExp(dimension: 1).mean()
        let columns = logits.logSumExp(dimension: 0).mean()
        return (rows + columns - hits) * 0.5
    }

    private func expectEqual(
        _ actual: [[Float]], _ expected: [[Float]], _ comment: String,
        location: SourceLocation = #_sourceLocation
    ) {
        for (name, (a, b)) in zip(
            ["loss", "images", "texts", "logit scale", "logit bias"], zip(actual, expected))
        {
            let comparison = Comparison(a, b)
            #expect(
                comparison.isWithin(Tolerance.rearranged * max(1, b.map(abs).max() ?? 1)),
                "\(comment), \(name): \(comparison)", sourceLocation: location)
        }
    }

    @Test(
        "Any tiling equals the plain form, gradients included",
        arguments: LossConfiguration.Kind.allCases, [1, 13, 40, 100, 1 << 23])
    func tiles(kind: LossConfiguration.Kind, limit: Int) throws {
        let (plainBatch, tiledBatch) = (Batch(), Batch())
        let expected = try plainBatch.result(of: plain(plainBatch, kind))
        let loss = ContrastiveLoss(kind, tileElementLimit: limit)
        let actual = try tiledBatch.result(
            of: loss(
                images: tiledBatch.images, texts: tiledBatch.texts,
                logitScale: tiledBatch.logScale, logitBias: tiledBatch.bias))
        expectEqual(actual, expected, "\(kind), limit \(limit)")
        #expect(expected[1].contains { abs($0) > 1e-3 }, "a gradient of zero would prove nothing")
    }

    @Test("SigLIP's loss and gradients equal open_clip's")
    func openCLIP() throws {
        let golden = try Fixtures.tensors("open_clip/siglip_loss.safetensors")
        let leaves = try ["images", "texts", "log_scale", "bias"].map { name in
            let leaf = try golden.tensor(named: name).makeTensor()
            leaf.requiresGradient = true
            return (name, leaf)
        }
        let loss = try ContrastiveLoss(.sigmoid, tileElementLimit: 40)(
            images: leaves[0].1, texts: leaves[1].1, logitScale: leaves[2].1,
            logitBias: leaves[3].1)
        loss.backward()
        for (name, actual) in try [("loss", loss.detached())]
            + leaves.map({ ($0 + ".gradient", try #require($1.gradient)) })
        {
            let expected = try golden.tensor(named: name).floats()
            let largest = expected.map(abs).max() ?? 0
            let comparison = Comparison(actual.floats(), expected)
            #expect(
                comparison.isWithin(Tolerance.rearranged * max(1, largest)),
                "\(name): \(comparison)")
        }
    }

    @Test(
        "Duplicates are no negatives of each other, and only where that is asked for",
        arguments: LossConfiguration.Kind.allCases)
    func duplicates(kind: LossConfiguration.Kind) throws {
        // Images 0 and 4 are the same, and captions 2, 5 and 6.
        var (imageKeys, textKeys) = ((0..<13).map(Int64.init), (0..<13).map(Int64.init))
        imageKeys[4] = imageKeys[0]
        textKeys[5] = textKeys[2]
        textKeys[6] = textKeys[2]
        let masked = (0..<13).map { i in
            (0..<13).map { j in
                i != j && (imageKeys[i] == imageKeys[j] || textKeys[i] == textKeys[j])
            }
        }
        #expect(masked.joined().count { $0 } == 8)
        for isOn in [false, true] {
            let (plainBatch, tiledBatch) = (Batch(), Batch())
            let expected = try plainBatch.result(
                of: plain(plainBatch, kind, masked: isOn ? masked : nil))
            let loss = ContrastiveLoss(kind, masksDuplicates: isOn, tileElementLimit: 40)
            let actual = try tiledBatch.result(
                of: loss(
                    images: tiledBatch.images, texts: tiledBatch.texts,
                    logitScale: tiledBatch.logScale, logitBias: tiledBatch.bias,
                    keys: keys(imageKeys, textKeys)))
            expectEqual(actual, expected, "\(kind), masked: \(isOn)")
        }
        let (a, b) = (Batch(), Batch())
        let difference =
            try a.result(of: plain(a, kind))[0][0]
            - b.result(of: plain(b, kind, masked: masked))[0][0]
        #expect(difference > 1e-3, "the mask must matter in this test")
    }

    @Test("No tile holds more logits than allowed, and the tiles hold every row once")
    func tileSizes() {
        for (rows, columns, limit) in [
            (32768, 32768, 1 << 23), (7, 7, 1), (1000, 8000, 1 << 20), (5, 3, 1 << 23),
        ] {
            let layout = LogitTiles(
                targetOffset: 0, duplicates: nil, tileElementLimit: limit)
            let tiles = layout.tiles(rows: rows, columns: columns)
            #expect(tiles.flatMap { $0 } == Array(0..<rows))
            #expect(tiles.allSatisfy { $0.count == 1 || $0.count * columns <= limit })
        }
    }
}
