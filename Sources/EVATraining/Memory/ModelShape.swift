internal import EVAConfiguration

/// The units that a model's parameters lie in when it is trained, as numbers alone; the tests hold
/// them against the units of real models.
struct ModelShape: Sendable {
    let vision: TowerShape
    let text: TowerShape
    /// What belongs to neither tower.
    let other: UnitShape

    /// All units.
    var units: [UnitShape] { vision.units + text.units + [other] }

    /// - Parameters:
    ///   - model: the network.
    ///   - configuration: says what is locked.
    init(_ model: ModelConfiguration, _ configuration: OptimizationConfiguration) {
        vision = TowerShape(
            model.vision, embedWidth: model.embedWidth,
            trained: TrainedPart(configuration.visual, layerCount: model.vision.layerCount))
        text = TowerShape(
            model.text, embedWidth: model.embedWidth,
            trained: TrainedPart(configuration.text, layerCount: model.text.layerCount))
        let scalar = UnitShape.Segment(count: 1, isOperand: false, isDivided: false)
        other = UnitShape(
            segments: model.initialLogitBias == nil ? [scalar] : [scalar, scalar], copies: 1,
            trainedCopies: 1)
    }
}

/// How much of a tower learns, from its output end; see `ParameterGrouping.lock`.
struct TrainedPart: Sendable, Equatable {
    let learnsHead: Bool
    let blockCount: Int
    let learnsEmbeddings: Bool

    init(_ tower: OptimizationConfiguration.Tower, layerCount: Int) {
        let groups = tower.isLocked ? tower.unlockedGroups : .max
        learnsHead = groups >= 1
        blockCount = min(layerCount, max(0, groups - 1))
        learnsEmbeddings = groups > layerCount + 1
    }
}

/// The units of one tower.
struct TowerShape: Sendable {
    let embeddings: UnitShape
    let block: UnitShape
    let head: UnitShape
    let trained: TrainedPart

    var units: [UnitShape] { [embeddings, block, head] }

    init(_ vision: VisionConfiguration, embedWidth: Int, trained: TrainedPart) {
        let (width, hidden) = (vision.width, vision.mlpWidth)
        let joined = vision.headCount * (width / vision.headCount)
        var block = Parts()
        block.add([width, width, width, width])  // both norms
        for hasBias in [vision.qkvBias, false, vision.qkvBias] {
            block.add(
                [joined * width] + (hasBias ? [joined] : []), isOperand: true, isDivided: true)
        }
        if vision.usesSubLayerNorm { block.add([joined, joined], isDivided: true) }
        block.addOutput(from: joined, to: width)
        let inputs = vision.mlpKind == .swiGLU ? 2 : 1
        for _ in 0..<inputs {
            block.add([hidden * width, hidden], isOperand: true, isDivided: true)
        }
        if vision.usesSubLayerNorm, vision.mlpKind == .swiGLU {
            block.add([hidden, hidden], isDivided: true)
        }
        block.addOutput(from: hidden, to: width)

        var embeddings = Parts()
        embeddings.add([width, vision.tokenCount * width])
        embeddings.add([3 * vision.patchSize * vision.patchSize * width, width], isOperand: true)
        var head = Parts()
        head.add([width, width])
        head.add([embedWidth * width, embedWidth], isOperand: true)
        self.init(
            embeddings: embeddings, block: block, head: head, layerCount: vision.layerCount,
            trained: trained)
    }

    init(_ text: TextConfiguration, embedWidth: Int, trained: TrainedPart) {
        let (width, hidden) = (text.width, text.mlpWidth)
        var block = Parts()
        block.add([width, width, width, width])
        for _ in 0..<3 { block.add([width * width, width], isOperand: true, isDivided: true) }
        block.addOutput(from: width, to: width)
        block.add([hidden * width, hidden], isOperand: true, isDivided: true)
        block.addOutput(from: hidden, to: width)

        var embeddings = Parts()
        embeddings.add([text.contextLength * width])
        embeddings.add([text.vocabularySize * width], isDivided: true)
        var head = Parts()
        head.add([width * embedWidth], isOperand: true)
        head.add([width, width])
        self.init(
            embeddings: embeddings, block: block, head: head, layerCount: text.layerCount,
            trained: trained)
    }

    private init(
        embeddings: Parts, block: Parts, head: Parts, layerCount: Int, trained: TrainedPart
    ) {
        self.embeddings = UnitShape(
            segments: embeddings.segments, copies: 1,
            trainedCopies: trained.learnsEmbeddings ? 1 : 0)
        self.block = UnitShape(
            segments: block.segments, copies: layerCount, trainedCopies: trained.blockCount)
        self.head = UnitShape(
            segments: head.segments, copies: 1, trainedCopies: trained.learnsHead ? 1 : 0)
        self.trained = trained
    }

    private struct Parts {
        var segments: [UnitShape.Segment] = []

        mutating func add(_ counts: [Int], isOperand: Bool = false, isDivided: Bool = false) {
            segments += counts.map {
                UnitShape.Segment(count: $0, isOperand: isOperand, isDivided: isDivided)
            }
        }

        /// A layer whose input is divided: its weights are, and its bias, which is added once to
        /// the sum over the parts, is not.
        mutating func addOutput(from input: Int, to width: Int) {
            add([input * width], isOperand: true, isDivided: true)
            add([width], isOperand: true)
        }
    }
}
