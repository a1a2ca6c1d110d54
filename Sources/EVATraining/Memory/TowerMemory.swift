internal import EVAConfiguration

/// What a tower's blocks keep for backward, by what each operator saves.
///
/// Shapes: T = tokens of the batch, D = width, F = width of the feed-forward, H = heads.
struct TowerMemory {
    /// T.
    let tokens: Double
    /// Bytes that stay from forward until backward has passed.
    let kept: Double
    /// Bytes that backward needs besides while it is in a block.
    let passing: Double
    /// Bytes of the gradients of what learns.
    let gradients: Double

    private struct Block {
        let width: Double
        let mlpWidth: Double
        let headCount: Double
        let isGated: Bool
        let hasInnerNorms: Bool
        /// Bytes of a number in matrix products.
        let bytes: Double

        /// Bytes for each token that a block keeps.
        var kept: Double {
            // Both norms keep the fp32 stream that they read; q, k and v, and the feed-forward's
            // first layers, share what the norms gave them.
            var attention = (4 + bytes) * width
            // Attention keeps q, k, v, its result, and a number for each head.
            attention += 4 * bytes * width + 4 * headCount
            var mlp = (4 + bytes) * width
            mlp += (isGated ? 4 : 2) * bytes * mlpWidth
            if hasInnerNorms {
                // A norm inside keeps its input, and the next layer the norm's result.
                attention += bytes * width
                mlp += bytes * mlpWidth
            }
            return attention + mlp
        }

        /// Bytes for each token that backward needs at once in a block.
        var passing: Double {
            let inMLP = hasInnerNorms ? max(8, 3 * bytes) : (isGated ? 3 : 2) * bytes
            return inMLP * mlpWidth + 12 * width
        }
    }

    /// - Parameters:
    ///   - parameterCount: numbers in the tower.
    ///   - trainedShare: the share of the tower, from its output end, that learns.
    private init(
        _ block: Block, layerCount: Int, tokens: Double, embedded: Double, parameterCount: Int,
        trainedShare: Double, precision: PrecisionConfiguration
    ) {
        self.tokens = tokens
        let whole = block.kept * tokens
        let trainedLayers = Double(layerCount) * trainedShare
        let input = trainedShare < 1 ? 0 : embedded
        if precision.recomputesActivations {
            kept = trainedLayers * 4 * block.width * tokens + input
            passing = trainedShare == 0 ? 0 : whole + block.passing * tokens
        } else {
            kept = trainedLayers * whole + input
            passing = trainedShare == 0 ? 0 : block.passing * tokens
        }
        gradients = 4 * Double(parameterCount) * trainedShare
    }

    static func vision(
        _ model: ModelConfiguration, batchSize: Double, trainedShare: Double,
        precision: PrecisionConfiguration
    ) -> TowerMemory {
        let vision = model.vision
        let bytes = precision.compute == .float32 ? 4.0 : 2.0
        let patches = max(1, Double(vision.patchCount) * (1 - vision.patchDropout))
        // The patches laid out flat, and with dropped patches a rotation for each that is left.
        let flat =
            bytes * batchSize * Double(3 * vision.imageSize * vision.imageSize)
            + (vision.patchDropout > 0 ? 4 * batchSize * patches * Double(vision.headWidth) : 0)
        return TowerMemory(
            Block(
                width: Double(vision.width), mlpWidth: Double(vision.mlpWidth),
                headCount: Double(vision.headCount), isGated: vision.mlpKind == .swiGLU,
                hasInnerNorms: vision.usesSubLayerNorm, bytes: bytes),
            layerCount: vision.layerCount, tokens: batchSize * (patches + 1), embedded: flat,
            parameterCount: vision.parameterCount(embedWidth: model.embedWidth),
            trainedShare: trainedShare, precision: precision)
    }

    static func text(
        _ model: ModelConfiguration, batchSize: Double, length: Int, trainedShare: Double,
        precision: PrecisionConfiguration
    ) -> TowerMemory {
        let text = model.text
        return TowerMemory(
            Block(
                width: Double(text.width), mlpWidth: Double(text.mlpWidth),
                headCount: Double(text.headCount), isGated: false, hasInnerNorms: false,
                bytes: precision.compute == .float32 ? 4 : 2),
            layerCount: text.layerCount, tokens: batchSize * Double(length), embedded: 0,
            parameterCount: text.parameterCount(embedWidth: model.embedWidth),
            trainedShare: trainedShare, precision: precision)
    }
}
