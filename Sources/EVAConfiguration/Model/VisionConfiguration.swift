/// The vision tower: a plain vision transformer with the variations of EVA-01 and EVA-02.
///
/// Every variation is resolved here into a value of its own, so that a reader of the model never has to
/// know which spelling of which original a configuration file used.
public struct VisionConfiguration: Codable, Sendable, Equatable {
    /// Where a block's LayerNorms stand.
    public enum NormPlacement: String, Codable, Sendable {
        /// `x + attention(norm(x))`.
        case pre
        /// `x + norm(attention(x))`: the branch is normalised, the residual is not touched.
        case post
    }

    /// The feed-forward part of a block.
    public enum MLPKind: String, Codable, Sendable {
        /// Two linear layers around an exact (erf) GELU.
        case gelu
        /// `w3(SiLU(w1 x) * (w2 x))`.
        case swiGLU
    }

    /// How the tokens become one vector.
    public enum Pooling: String, Codable, Sendable {
        /// The class token, after the final LayerNorm.
        case classToken
        /// The mean of all tokens, the class token included, before a LayerNorm of its own.
        case mean
    }

    /// Side of the square image, in pixels.
    public var imageSize: Int

    /// Side of a square patch, in pixels.
    public var patchSize: Int

    /// Features per token.
    public var width: Int

    /// Number of blocks.
    public var layerCount: Int

    /// Features per attention head.
    public var headWidth: Int

    /// Hidden features of the feed-forward part.
    public var mlpWidth: Int

    /// The feed-forward part's kind.
    public var mlpKind: MLPKind

    /// Where the LayerNorms of a block stand.
    public var normPlacement: NormPlacement

    /// Whether blocks have the two inner LayerNorms of EVA-02: before the attention's output projection
    /// and before the feed-forward part's last linear layer.
    public var usesSubLayerNorm: Bool

    /// The rotary position embedding; nil for models that have none.
    public var rope: RopeConfiguration?

    /// Whether query and value projections have biases; the key projection never has one.
    public var qkvBias: Bool

    /// How the tokens become one vector.
    public var pooling: Pooling

    /// Stochastic-depth rate of the last block; rates rise linearly from 0 at the first.
    public var dropPathRate: Double

    /// Share of patches left out of each training image.
    public var patchDropout: Double

    /// Epsilon of every LayerNorm but the attention's inner one.
    public var layerNormEpsilon: Double

    /// Epsilon of the LayerNorm inside attention: 1e-6 in the published weights' training; PaddleMIX
    /// computes with 1e-5.
    public var innerAttentionNormEpsilon: Double

    /// Creates a vision tower's configuration; the defaults are the plain transformer of EVA-01.
    ///
    /// - Parameters:
    ///   - imageSize: Side of the image, in pixels.
    ///   - patchSize: Side of a patch, in pixels.
    ///   - width: Features per token.
    ///   - layerCount: Number of blocks.
    ///   - headWidth: Features per attention head.
    ///   - mlpWidth: Hidden features of the feed-forward part.
    ///   - mlpKind: Kind of the feed-forward part.
    ///   - normPlacement: Where a block's LayerNorms stand.
    ///   - usesSubLayerNorm: Whether blocks have EVA-02's inner LayerNorms.
    ///   - rope: Rotary position embedding, or nil.
    ///   - qkvBias: Whether queries and values have biases.
    ///   - pooling: How tokens become one vector.
    ///   - dropPathRate: Stochastic-depth rate of the last block.
    ///   - patchDropout: Share of patches left out in training.
    ///   - layerNormEpsilon: Epsilon of the LayerNorms.
    ///   - innerAttentionNormEpsilon: Epsilon of the LayerNorm inside attention.
    public init(
        imageSize: Int, patchSize: Int, width: Int, layerCount: Int, headWidth: Int = 64,
        mlpWidth: Int, mlpKind: MLPKind = .gelu, normPlacement: NormPlacement = .pre,
        usesSubLayerNorm: Bool = false, rope: RopeConfiguration? = nil, qkvBias: Bool = true,
        pooling: Pooling = .classToken, dropPathRate: Double = 0, patchDropout: Double = 0,
        layerNormEpsilon: Double = 1e-6, innerAttentionNormEpsilon: Double = 1e-6
    ) {
        self.imageSize = imageSize
        self.patchSize = patchSize
        self.width = width
        self.layerCount = layerCount
        self.headWidth = headWidth
        self.mlpWidth = mlpWidth
        self.mlpKind = mlpKind
        self.normPlacement = normPlacement
        self.usesSubLayerNorm = usesSubLayerNorm
        self.rope = rope
        self.qkvBias = qkvBias
        self.pooling = pooling
        self.dropPathRate = dropPathRate
        self.patchDropout = patchDropout
        self.layerNormEpsilon = layerNormEpsilon
        self.innerAttentionNormEpsilon = innerAttentionNormEpsilon
    }
}
