extension VisionConfiguration {
    /// Side of the patch grid.
    public var gridSize: Int { imageSize / patchSize }

    /// Patches per image.
    public var patchCount: Int { gridSize * gridSize }

    /// Tokens per image, the class token included.
    public var tokenCount: Int { patchCount + 1 }

    /// Attention heads per block.
    public var headCount: Int { width / headWidth }

    /// Trainable numbers in the tower, for a joint embedding of `embedWidth` features.
    ///
    /// - Parameter embedWidth: Features of the joint embedding, the head's output.
    /// - Returns: The exact count.
    public func parameterCount(embedWidth: Int) -> Int {
        let embeddings = width + tokenCount * width + 3 * patchSize * patchSize * width + width
        let finalNorm = 2 * width
        let head = width * embedWidth + embedWidth
        return embeddings + layerCount * blockParameterCount + finalNorm + head
    }

    private var blockParameterCount: Int {
        let norms = 4 * width + (usesSubLayerNorm ? 2 * width + 2 * mlpWidth : 0)
        let attention = 4 * width * width + (qkvBias ? 3 : 1) * width
        return norms + attention + mlpParameterCount
    }

    private var mlpParameterCount: Int {
        switch mlpKind {
        case .gelu: 2 * width * mlpWidth + mlpWidth + width
        case .swiGLU: 3 * width * mlpWidth + 2 * mlpWidth + width
        }
    }
}
