internal import EVAConfiguration

/// What a tower's blocks keep for backward on one rank, by what each operator saves.
///
/// Shapes: T = tokens of the batch, D = width, F = width of the feed-forward, H = heads. What
/// carries a rank's own share of heads or of the feed-forward's width is smaller by the degree of
/// the tensor axis; the stream of tokens is whole on every rank.
struct TowerMemory {
    /// Bytes that stay from forward until backward has passed.
    let kept: Double
    /// Bytes that backward needs besides while it is in a block.
    let passing: Double
    /// T.
    let tokens: Double

    /// One block, in bytes for each token.
    private struct Block {
        let width: Double
        let mlpWidth: Double
        let headCount: Double
        let isGated: Bool
        let hasInnerNorms: Bool
        /// Bytes of a number in matrix products.
        let bytes: Double
        /// Ranks among which heads and the feed-forward's width are divided.
        let tensorDegree: Double

        private var isLow: Bool { bytes < 4 }

        var kept: Double {
            let (own, ownMLP) = (width / tensorDegree, mlpWidth / tensorDegree)
            // Both norms keep the fp32 stream that they read; q, k and v, and the feed-forward's
            // first layers, share what the norms gave them.
            var attention = (4 + bytes) * width
            // Attention keeps q, k, v, its result, and a number for each head.
            attention += 4 * bytes * own + 4 * headCount / tensorDegree
            var mlp = (4 + bytes) * width
            mlp += (isGated ? 4 : 2) * bytes * ownMLP
            if hasInnerNorms {
                // A norm inside keeps its input, and the next layer the norm's result.
                attention += bytes * own
                mlp += bytes * ownMLP
            }
            return attention + mlp
        }

        var passing: Double {
            let inMLP = hasInnerNorms ? max(8, 3 * bytes) : (isGated ? 3 : 2) * bytes
            // A sum over the ranks of the tensor axis is taken in fp32.
            let summed = tensorDegree > 1 && isLow ? 4 * width : 0
            return inMLP * mlpWidth / tensorDegree + 12 * width + summed
        }
    }

    /// - Parameter embedded: bytes that the embeddings keep where they learn.
    private init(
        _ block: Block, layerCount: Int, trained: TrainedPart, tokens: Double, embedded: Double,
        recomputes: Bool
    ) {
        self.tokens = tokens
        let isTrained = trained.learnsHead
        let whole = block.kept * tokens
        let input = trained.learnsEmbeddings ? embedded : 0
        if recomputes {
            kept = Double(trained.blockCount) * 4 * block.width * tokens + input
            passing = isTrained ? whole + block.passing * tokens : 0
        } else {
            kept = Double(trained.blockCount) * whole + input
            passing = isTrained ? block.passing * tokens : 0
        }
    }

    init(
        _ vision: VisionConfiguration, trained: TrainedPart, batchSize: Double,
        precision: PrecisionConfiguration, tensorDegree: Int
    ) {
        let bytes = precision.operandBytes
        let patches = vision.keptPatchCount
        // The patches laid out flat, and with dropped patches a rotation for each that is left.
        let flat =
            bytes * batchSize * Double(3 * vision.imageSize * vision.imageSize)
            + (vision.patchDropout > 0 ? 4 * batchSize * patches * Double(vision.headWidth) : 0)
        self.init(
            Block(
                width: Double(vision.width), mlpWidth: Double(vision.mlpWidth),
                headCount: Double(vision.headCount), isGated: vision.mlpKind == .swiGLU,
                hasInnerNorms: vision.usesSubLayerNorm, bytes: bytes,
                tensorDegree: Double(tensorDegree)),
            layerCount: vision.layerCount, trained: trained, tokens: batchSize * (patches + 1),
            embedded: flat, recomputes: precision.recomputesActivations)
    }

    init(
        _ text: TextConfiguration, trained: TrainedPart, batchSize: Double, length: Int,
        precision: PrecisionConfiguration, tensorDegree: Int
    ) {
        self.init(
            Block(
                width: Double(text.width), mlpWidth: Double(text.mlpWidth),
                headCount: Double(text.headCount), isGated: false, hasInnerNorms: false,
                bytes: precision.operandBytes, tensorDegree: Double(tensorDegree)),
            layerCount: text.layerCount, trained: trained, tokens: batchSize * Double(length),
            embedded: 0, recomputes: precision.recomputesActivations)
    }
}

extension PrecisionConfiguration {
    /// Bytes of a number that matrix products read.
    var operandBytes: Double { compute == .float32 ? 4 : 2 }
}

extension VisionConfiguration {
    /// Patches of an image that training sees.
    var keptPatchCount: Double { max(1, (Double(patchCount) * (1 - patchDropout)).rounded(.down)) }
}
