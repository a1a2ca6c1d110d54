import EVAConfiguration
import EVALayers
import Torch

/// One block of the text tower: causal attention, then a GELU feed-forward, both pre-normalised.
///
/// - Shape: input and output `[B, L, D]`.
struct TextBlock {
    /// What the block learns.
    let parameters: [Parameter]
    /// Where its parameters begin and end to be used.
    let boundary: UnitBoundary
    private let attentionBranch: ResidualBranch
    private let attention: Attention
    private let mlpBranch: ResidualBranch
    private let mlp: GELUMLP

    /// Makes the block's parameters under `scope`, drawn as in CLIP (OpenAI's `model.py`).
    init(_ configuration: TextConfiguration, in scope: ParameterScope) {
        let width = configuration.width
        let input = Initializer.normal(standardDeviation: 1 / Double(width).squareRoot())
        let output = Initializer.normal(
            standardDeviation: 1 / Double(width * 2 * configuration.layerCount).squareRoot())
        let epsilon = configuration.layerNormEpsilon
        attentionBranch = ResidualBranch(
            norm: LayerNorm(width, epsilon: epsilon, in: scope["ln_1"]), placement: .pre)
        let attention = scope["attn"]
        self.attention = Attention(
            query: Linear(
                width, width, split: .outputs, weightInitializer: input,
                in: attention["q_proj"]),
            key: Linear(
                width, width, split: .outputs, weightInitializer: input,
                in: attention["k_proj"]),
            value: Linear(
                width, width, split: .outputs, weightInitializer: input,
                in: attention["v_proj"]),
            output: Linear(
                width, width, split: .inputs, weightInitializer: output,
                in: attention["out_proj"]),
            innerNorm: nil, headCount: configuration.headCount, isCausal: true,
            parts: scope.layerParts)
        mlpBranch = ResidualBranch(
            norm: LayerNorm(width, epsilon: epsilon, in: scope["ln_2"]), placement: .pre)
        let hidden = configuration.mlpWidth
        mlp = GELUMLP(
            up: Linear(
                width, hidden, split: .outputs,
                weightInitializer: .normal(standardDeviation: 1 / Double(2 * width).squareRoot()),
                biasInitializer: .uniform(bound: 1 / Double(width).squareRoot()),
                in: scope["mlp"]["c_fc"]),
            down: Linear(
                hidden, width, split: .inputs, weightInitializer: output,
                biasInitializer: .uniform(bound: 1 / Double(hidden).squareRoot()),
                in: scope["mlp"]["c_proj"]),
            parts: scope.layerParts)
        parameters = scope.parameters
        boundary = UnitBoundary(scope)
    }

    func callAsFunction(_ x: Tensor, _ context: ForwardContext) -> Tensor {
        let x = attentionBranch(x, context) { attention($0, context) }
        return mlpBranch(x, context) { mlp($0, context) }
    }
}
