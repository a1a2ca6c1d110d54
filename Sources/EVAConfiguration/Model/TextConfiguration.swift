/// The text tower: a causal transformer over byte-pair tokens, pooled at the end-of-text token.
public struct TextConfiguration: Codable, Sendable, Equatable {
    /// Tokens per text, start and end included.
    public var contextLength: Int

    /// Number of tokens known.
    public var vocabularySize: Int

    /// Features per token.
    public var width: Int

    /// Attention heads per block.
    public var headCount: Int

    /// Number of blocks.
    public var layerCount: Int

    /// Hidden features of the feed-forward part.
    public var mlpWidth: Int

    /// Epsilon of every LayerNorm.
    public var layerNormEpsilon: Double

    /// Creates a text tower's configuration.
    ///
    /// - Parameters:
    ///   - contextLength: Tokens per text.
    ///   - vocabularySize: Number of tokens known.
    ///   - width: Features per token.
    ///   - headCount: Attention heads per block.
    ///   - layerCount: Number of blocks.
    ///   - mlpWidth: Hidden features of the feed-forward part; nil for the usual four times the width.
    ///   - layerNormEpsilon: Epsilon of the LayerNorms.
    public init(
        contextLength: Int = 77, vocabularySize: Int = 49408, width: Int, headCount: Int,
        layerCount: Int, mlpWidth: Int? = nil, layerNormEpsilon: Double = 1e-5
    ) {
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
        self.width = width
        self.headCount = headCount
        self.layerCount = layerCount
        // A width beyond the limits of `validate()` must be reported by it, not trap here.
        self.mlpWidth = mlpWidth ?? width.multipliedReportingOverflow(by: 4).partialValue
        self.layerNormEpsilon = layerNormEpsilon
    }

    /// Trainable numbers in the tower, for a joint embedding of `embedWidth` features.
    ///
    /// - Parameter embedWidth: Features of the joint embedding, the projection's output.
    /// - Returns: The exact count.
    public func parameterCount(embedWidth: Int) -> Int {
        let embeddings = (vocabularySize + contextLength) * width
        let attention = 4 * width * width + 4 * width
        let mlp = 2 * width * mlpWidth + mlpWidth + width
        let block = 4 * width + attention + mlp
        return embeddings + layerCount * block + 2 * width + width * embedWidth
    }
}
