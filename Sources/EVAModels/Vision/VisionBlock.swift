import EVAConfiguration
import EVALayers
import Torch

/// One block of the vision tower: attention, then a feed-forward, both added to the stream.
///
/// Matches `Block` of EVA-CLIP's `eva_vit_model.py`: norms before each half (EVA-01, EVA-02) or on
/// each half's output (EVA-02-CLIP-E), GELU or SwiGLU, with or without norms inside (sub-LN).
///
/// - Shape: input and output `[B, N, D]`.
struct VisionBlock {
    private enum MLP {
        case gelu(GELUMLP)
        case swiGLU(SwiGLU)
    }

    /// What the block learns.
    let parameters: [Parameter]
    /// Where its parameters begin and end to be used.
    let boundary: UnitBoundary
    private let attentionBranch: ResidualBranch
    private let attention: Attention
    private let mlpBranch: ResidualBranch
    private let mlp: MLP

    /// Makes the parameters of block `index` under `scope`.
    init(_ configuration: VisionConfiguration, index: Int, in scope: ParameterScope) {
        // Drop path rises linearly with depth; the last projections shrink with it.
        let dropPath =
            configuration.layerCount > 1
            ? configuration.dropPathRate * Double(index) / Double(configuration.layerCount - 1) : 0
        let outputInitializer = Initializer.truncatedNormal(
            standardDeviation: 0.02 / (2 * Double(index + 1)).squareRoot())
        attentionBranch = ResidualBranch(
            norm: LayerNorm(
                configuration.width, epsilon: configuration.layerNormEpsilon, in: scope["norm1"]),
            placement: configuration.normPlacement,
            dropPath: DropPath(probability: dropPath, in: scope, "drop_path1"))
        attention = VisionBlock.attention(
            configuration, outputInitializer: outputInitializer, in: scope["attn"])
        mlpBranch = ResidualBranch(
            norm: LayerNorm(
                configuration.width, epsilon: configuration.layerNormEpsilon, in: scope["norm2"]),
            placement: configuration.normPlacement,
            dropPath: DropPath(probability: dropPath, in: scope, "drop_path2"))
        mlp = VisionBlock.mlp(
            configuration, outputInitializer: outputInitializer, in: scope["mlp"])
        parameters = scope.parameters
        boundary = UnitBoundary(scope)
    }

    func callAsFunction(
        _ x: Tensor, rotation: RotaryEmbedding.Rotation?, _ context: ForwardContext
    ) -> Tensor {
        let x = attentionBranch(x, context) { attention($0, rotation: rotation, context) }
        return mlpBranch(x, context) { x in
            switch mlp {
            case .gelu(let mlp): mlp(x, context)
            case .swiGLU(let mlp): mlp(x, context)
            }
        }
    }

    private static let initializer = Initializer.truncatedNormal(standardDeviation: 0.02)

    private static func attention(
        _ configuration: VisionConfiguration, outputInitializer: Initializer,
        in scope: ParameterScope
    ) -> Attention {
        let width = configuration.width
        let joined = configuration.headCount * (width / configuration.headCount)
        // The key has no bias: adding one to all keys would not change the softmax.
        let bias: Initializer? = configuration.qkvBias ? .zeros : nil
        return Attention(
            query: Linear(
                width, joined, split: .outputs, weightInitializer: initializer,
                biasInitializer: bias, in: scope["q_proj"]),
            key: Linear(
                width, joined, split: .outputs, weightInitializer: initializer,
                biasInitializer: nil, in: scope["k_proj"]),
            value: Linear(
                width, joined, split: .outputs, weightInitializer: initializer,
                biasInitializer: bias, in: scope["v_proj"]),
            output: Linear(
                joined, width, split: .inputs, weightInitializer: outputInitializer,
                in: scope["proj"]),
            innerNorm: configuration.usesSubLayerNorm
                ? SplitLayerNorm(
                    joined, epsilon: configuration.innerAttentionNormEpsilon,
                    in: scope["inner_attn_ln"]) : nil,
            headCount: configuration.headCount, isCausal: false, parts: scope.layerParts)
    }

    private static func mlp(
        _ configuration: VisionConfiguration, outputInitializer: Initializer,
        in scope: ParameterScope
    ) -> MLP {
        let width = configuration.width
        let hidden = configuration.mlpWidth
        switch configuration.mlpKind {
        case .gelu:
            return .gelu(
                GELUMLP(
                    up: Linear(
                        width, hidden, split: .outputs, weightInitializer: initializer,
                        in: scope["fc1"]),
                    down: Linear(
                        hidden, width, split: .inputs, weightInitializer: outputInitializer,
                        in: scope["fc2"]),
                    parts: scope.layerParts))
        case .swiGLU:
            return .swiGLU(
                SwiGLU(
                    gate: Linear(
                        width, hidden, split: .outputs, weightInitializer: initializer,
                        in: scope["w1"]),
                    up: Linear(
                        width, hidden, split: .outputs, weightInitializer: initializer,
                        in: scope["w2"]),
                    norm: configuration.usesSubLayerNorm
                        ? SplitLayerNorm(
                            hidden, epsilon: configuration.layerNormEpsilon, in: scope["ffn_ln"])
                        : nil,
                    down: Linear(
                        hidden, width, split: .inputs, weightInitializer: outputInitializer,
                        in: scope["w3"]),
                    parts: scope.layerParts))
        }
    }
}
