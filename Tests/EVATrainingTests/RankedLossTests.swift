import EVAConfiguration
import EVATestSupport
import Testing
import Torch
import TorchParallel

@testable import EVATraining

/// The loss on several ranks, which are threads here, against that of one process.
@Suite struct RankedLossTests {
    /// The pairs of all ranks.
    private struct Batch: Sendable {
        let count: Int
        let width: Int
        /// Unit vectors, row after row.
        let images: [Float]
        let texts: [Float]
        let imageKeys: [Int64]
        let textKeys: [Int64]

        /// Images 0 and 7 are the same, on different ranks however many there are; so are two
        /// captions.
        static let small = Batch(count: 12, width: 8)
        static let large = Batch(count: 1024, width: 64)

        init(count: Int, width: Int) {
            self.count = count
            self.width = width
            let random = RandomSource(seed: 11)
            func draw() -> [Float] {
                let values = Tensor.empty([count, width], dtype: .float32, device: .cpu)
                values.fillNormal(standardDeviation: 1, from: random)
                return values.normalized().floats()
            }
            (images, texts) = (draw(), draw())
            var keys = (0..<count).map(Int64.init)
            keys[7] = 0
            imageKeys = keys
            keys[7] = 7
            keys[10] = 1
            textKeys = keys
        }
    }

    /// What a rank came to: the loss, and the gradients of its images, texts, scale and bias.
    private struct Outcome: Sendable {
        let loss: Float
        let images: [Float]
        let texts: [Float]
        let scalars: [Float]

        /// The mean over ranks: of gradients by the rows of all.
        static func mean(_ parts: [Outcome]) -> Outcome {
            let share = 1 / Float(parts.count)
            func sum(_ values: [Float]) -> Float { Float(values.map(Double.init).reduce(0, +)) }
            return Outcome(
                loss: sum(parts.map(\.loss)) * share,
                images: parts.flatMap { $0.images.map { $0 * share } },
                texts: parts.flatMap { $0.texts.map { $0 * share } },
                scalars: (0..<2).map { place in sum(parts.map { $0.scalars[place] }) * share })
        }

        func scaled(_ factor: Float) -> Outcome {
            Outcome(
                loss: loss, images: images.map { $0 * factor }, texts: texts.map { $0 * factor },
                scalars: scalars)
        }

        /// Where it is not what another is arranged otherwise: in the Euclidean norm, and element by
        /// element.
        func differences(from other: Outcome) -> [String] {
            [
                ("loss", [loss], [other.loss]), ("images", images, other.images),
                ("texts", texts, other.texts), ("scale and bias", scalars, other.scalars),
            ].compactMap { name, actual, expected in
                func norm(_ values: [Float]) -> Float {
                    Float(values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot())
                }
                let distance = norm(zip(actual, expected).map { $0 - $1 }) / norm(expected)
                let largest = expected.map(abs).max() ?? 0
                let comparison = Comparison(actual, expected)
                return distance <= Tolerance.rearranged
                    && comparison.isWithin(Tolerance.gradientsInParts * largest)
                    ? nil : "\(name): norm \(distance), \(comparison), largest \(largest)"
            }
        }
    }

    /// The leaves of a rank's pairs and of the scalars.
    private struct Leaves {
        let images: Tensor
        let texts: Tensor
        let scale = Self.leaf([2.5], [])
        let bias = Self.leaf([-2], [])
        let rows: Range<Int>

        init(_ batch: Batch, in group: any ProcessGroup) {
            let height = batch.count / group.size
            let rows = group.rank * height..<(group.rank + 1) * height
            func slice(_ values: [Float]) -> Tensor {
                Self.leaf(
                    Array(values[rows.lowerBound * batch.width..<rows.upperBound * batch.width]),
                    [height, batch.width])
            }
            (images, texts) = (slice(batch.images), slice(batch.texts))
            self.rows = rows
        }

        private static func leaf(_ values: [Float], _ shape: [Int]) -> Tensor {
            let leaf = Tensor(values, shape: shape)
            leaf.requiresGradient = true
            return leaf
        }

        func outcome(of loss: Tensor) throws -> Outcome {
            loss.backward()
            return Outcome(
                loss: Float(loss.detached().item()),
                images: try #require(images.gradient).floats(),
                texts: try #require(texts.gradient).floats(),
                scalars: try #require(scale.gradient).floats() + (bias.gradient?.floats() ?? [0]))
        }
    }

    private static func outcome(
        of batch: Batch = .small, _ kind: LossConfiguration.Kind = .softmax, masks: Bool = false,
        _ arrangement: LossArrangement = LossArrangement(), limit: Int = 30,
        in group: any ProcessGroup
    ) throws -> Outcome {
        let leaves = Leaves(batch, in: group)
        let loss = ContrastiveLoss(
            kind, masksDuplicates: masks, group: group, arrangement: arrangement,
            tileElementLimit: limit)
        return try leaves.outcome(
            of: loss(
                images: leaves.images, texts: leaves.texts, logitScale: leaves.scale,
                logitBias: leaves.bias,
                keys: ContrastiveLoss.Keys(
                    images: Tensor(Array(batch.imageKeys[leaves.rows]), shape: [leaves.rows.count]),
                    texts: Tensor(Array(batch.textKeys[leaves.rows]), shape: [leaves.rows.count]))))
    }

    @Test(
        "The mean over the ranks has the loss and the gradients of the whole batch",
        arguments: [1, 2, 3, 4], LossConfiguration.Kind.allCases)
    func ranks(size: Int, kind: LossConfiguration.Kind) throws {
        for masks in [false, true] {
            let whole = try Self.outcome(kind, masks: masks, in: SingleProcessGroup())
            #expect(whole.images.contains { abs($0) > 1e-3 }, "zeros would prove nothing")
            for gathering in LossConfiguration.Gathering.allCases {
                let mean = Outcome.mean(
                    try ThreadedProcessGroup.run(size: size) {
                        try Self.outcome(kind, masks: masks, LossArrangement(gathering), in: $0)
                    })
                let differences = mean.differences(from: whole)
                #expect(differences == [], "\(gathering), masks: \(masks)")
            }
        }
        let plain = try Self.outcome(kind, masks: false, in: SingleProcessGroup())
        let masked = try Self.outcome(kind, masks: true, in: SingleProcessGroup())
        #expect(abs(plain.loss - masked.loss) > 1e-4, "the duplicates must matter")
    }

    @Test(
        "1,024 pairs that go round the ranks give what they give on one, in tiles of any height",
        arguments: [2, 4], LossConfiguration.Kind.allCases)
    func large(size: Int, kind: LossConfiguration.Kind) throws {
        let whole = try Self.outcome(of: .large, kind, masks: true, in: SingleProcessGroup())
        for limit in [7 * 1000, 100 * 1000] {
            let mean = Outcome.mean(
                try ThreadedProcessGroup.run(size: size) {
                    try Self.outcome(of: .large, kind, masks: true, limit: limit, in: $0)
                })
            #expect(mean.differences(from: whole) == [])
        }
    }

    /// What the flags' four combinations mean in open_clip, written down with all features at hand:
    /// rank r's loss of features of which some have no history there.
    private static func plain(
        _ batch: Batch, _ rank: Int, of size: Int, isLocal: Bool, gathersWithGradient: Bool
    ) throws -> Outcome {
        let all = Leaves(batch, in: SingleProcessGroup())
        let height = batch.count / size
        let (first, last) = (rank * height, (rank + 1) * height)
        func candidates(_ features: Tensor) -> Tensor {
            guard !gathersWithGradient else { return features }
            let constant = features.detached()
            guard !isLocal else { return constant }
            // The rank's own chunk is put back in.
            return .concatenated(
                [
                    constant.sliced(0..<first, dimension: 0),
                    features.sliced(first..<last, dimension: 0),
                    constant.sliced(last..<batch.count, dimension: 0),
                ], dimension: 0)
        }
        func crossEntropy(_ x: Tensor, _ y: Tensor) -> Tensor {
            let rows = isLocal ? x.sliced(first..<last, dimension: 0) : candidates(x)
            let logits = rows.matmul(candidates(y).transposed(0, 1)) * all.scale.exp()
            let targets = isLocal ? logits.sliced(first..<last, dimension: 1) : logits
            return (logits.logSumExp(dimension: 1) - targets.diagonal()).mean()
        }
        let loss = crossEntropy(all.images, all.texts) + crossEntropy(all.texts, all.images)
        return try all.outcome(of: loss * 0.5)
    }

    @Test(
        "All combinations of --local_loss and --gather_with_grad have the gradient of their definition",
        arguments: [false, true], [false, true])
    func approximations(isLocal: Bool, gathersWithGradient: Bool) throws {
        let size = 4
        // The gradient of all leaves by every rank's loss; what a rank's own rows get from the
        // others' losses reaches it by the gather's backward alone.
        let ranks = try (0..<size).map {
            try Self.plain(
                .small, $0, of: size, isLocal: isLocal, gathersWithGradient: gathersWithGradient)
        }
        func total(_ gradients: [[Float]]) -> [Float] {
            gradients[0].indices.map { place in gradients.reduce(0) { $0 + $1[place] } }
        }
        let expected = Outcome(
            loss: ranks.map(\.loss).reduce(0, +) / Float(size),
            images: total(ranks.map(\.images)).map { $0 / Float(size) },
            texts: total(ranks.map(\.texts)).map { $0 / Float(size) },
            scalars: total(ranks.map(\.scalars)).map { $0 / Float(size) })
        let whole = try Self.outcome(in: SingleProcessGroup())
        for gathering in LossConfiguration.Gathering.allCases {
            var configuration = LossConfiguration()
            configuration.isLocal = isLocal
            configuration.gathersWithGradient = gathersWithGradient
            configuration.gathering = gathering
            let arrangement = LossArrangement(configuration)
            let mean = Outcome.mean(
                try ThreadedProcessGroup.run(size: size) {
                    try Self.outcome(.softmax, arrangement, in: $0)
                })
            #expect(mean.differences(from: expected) == [])
            let differences = mean.differences(from: whole)
            // An approximation is one, and is said.
            #expect(differences.isEmpty == gathersWithGradient, "\(differences)")
            #expect((arrangement.notice(ranks: size) == nil) == gathersWithGradient)
            #expect(arrangement.notice(ranks: 1) == nil)
            // The logit scale's gradient and the loss are exact even then.
            #expect(!differences.contains { $0.hasPrefix("loss") || $0.hasPrefix("scale") })
            if !gathersWithGradient, !isLocal {
                #expect(
                    mean.scaled(Float(size)).differences(
                        from: whole) == [])
            }
        }
    }

    @Test("SigLIP's loss has its exact gradient whatever the flags of CLIP's say")
    func sigmoidIsExact() {
        var configuration = LossConfiguration()
        configuration.kind = .sigmoid
        configuration.gathersWithGradient = false
        #expect(LossArrangement(configuration).gradient == .exact)
    }

    /// Ranks of whose gradients each keeps its own slice, where the sum over the ranks belongs.
    private struct GroupWithoutSum: ProcessGroup {
        let whole: ThreadedProcessGroup
        var rank: Int { whole.rank }
        var size: Int { whole.size }

        func start(_ collective: Collective) throws -> PendingCollective {
            guard case .sumScatter(let gradient, let slice) = collective else {
                return try whole.start(collective)
            }
            let height = slice.shape[0]
            withoutGradient {
                slice.copy(
                    from: gradient.sliced(rank * height..<(rank + 1) * height, dimension: 0))
            }
            return PendingCollective()
        }

        func split(color: Int, name: String) throws -> any ProcessGroup {
            try whole.split(color: color, name: name)
        }
    }

    @Test("A gather whose gradient lacks the sum over the ranks is found by the comparison")
    func gatherWithoutSum() throws {
        let whole = try Self.outcome(in: SingleProcessGroup())
        let mean = Outcome.mean(
            try ThreadedProcessGroup.run(size: 4) {
                try Self.outcome(
                    .softmax, LossArrangement(.all), in: GroupWithoutSum(whole: $0))
            })
        let differences = mean.differences(from: whole)
        #expect(differences.map { $0.prefix { $0 != ":" } } == ["images", "texts"])
    }

    /// Ranks whose blocks do not go round.
    private struct GroupWithoutMessages: ProcessGroup {
        let rank: Int
        let size: Int

        func start(_ collective: Collective) throws -> PendingCollective { PendingCollective() }

        func start(together messages: [Collective]) throws -> PendingCollective {
            if case .receive(let arriving, _) = messages[0], case .send(let block, _) = messages[1]
            {
                withoutGradient { arriving.copy(from: block) }
            }
            return PendingCollective()
        }

        func split(color: Int, name: String) throws -> any ProcessGroup { self }
    }

    @Test("A ring in which every rank meets itself alone is found by the comparison")
    func ringWithoutMessages() throws {
        let whole = try Self.outcome(in: SingleProcessGroup())
        let mean = Outcome.mean(
            try (0..<4).map {
                try Self.outcome(in: GroupWithoutMessages(rank: $0, size: 4))
            })
        #expect(mean.differences(from: whole).count == 4)
    }

    @Test("A rank that fails keeps nobody waiting, and its error is the one that is thrown")
    func failure() {
        let error = #expect(throws: TrainingError.self) {
            try ThreadedProcessGroup.run(size: 3) { group in
                guard group.rank != 1 else { throw TrainingError("rank 1 has no more memory") }
                _ = try group.gather(Tensor([1] as [Float], shape: [1]))
            }
        }
        #expect(error?.description == "rank 1 has no more memory")
    }

    /// Ranks that fail from some time on.
    private final class BreakingGroup: ProcessGroup {
        static let failure = ParallelError.libraryFailed(call: "MPI_Isend", reason: "no link")
        let whole: ThreadedProcessGroup
        var isBroken = false
        var rank: Int { whole.rank }
        var size: Int { whole.size }

        init(_ whole: ThreadedProcessGroup) {
            self.whole = whole
        }

        func start(_ collective: Collective) throws -> PendingCollective {
            if isBroken { throw Self.failure }
            return try whole.start(collective)
        }

        func split(color: Int, name: String) throws -> any ProcessGroup {
            try whole.split(color: color, name: name)
        }
    }

    @Test(
        "What a rank waits for in vain in backward is thrown as it is",
        arguments: LossConfiguration.Gathering.allCases)
    func failureInBackward(gathering: LossConfiguration.Gathering) throws {
        #expect(throws: BreakingGroup.failure) {
            _ = try ThreadedProcessGroup.run(size: 2) { whole in
                let group = BreakingGroup(whole)
                let leaves = Leaves(.small, in: group)
                let loss = try ContrastiveLoss(
                    group: group, arrangement: LossArrangement(gathering))(
                        images: leaves.images, texts: leaves.texts, logitScale: leaves.scale)
                group.isBroken = true
                try throwingTorchFailures { loss.backward() }
            }
        }
    }
}
