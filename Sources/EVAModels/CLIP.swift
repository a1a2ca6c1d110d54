internal import Foundation
package import EVAConfiguration
package import EVALayers
package import Torch
package import TorchParallel

/// An image tower and a text tower that map into one space (Radford et al., arXiv 2103.00020).
package struct CLIP {
    package let configuration: ModelConfiguration
    package let store: ParameterStore
    package let vision: VisionTower
    package let text: TextTower
    /// The logarithm of what cosine similarities are multiplied by; a scalar.
    package let logitScale: Parameter
    /// What is added to every logit, a scalar; nil in models that SigLIP's loss did not train.
    package let logitBias: Parameter?

    /// The bounds of the logit scale's logarithm: a factor of 1 to 100.
    package static let logitScaleRange = 0...log(100.0)

    /// What a logit bias begins at (Zhai et al., arXiv 2303.15343).
    package static let usualLogitBias = -10.0

    /// Builds the network; its parameters are not set until they are drawn or loaded.
    ///
    /// - Parameters:
    ///   - configuration: the network.
    ///   - device: where its parameters live.
    ///   - dtype: the format in which operands of matrix products, weights and biases, are kept.
    ///     Norms, the class token, positions, the token table and the logit scale, which are used
    ///     in fp32 and take little memory, stay fp32; features are those of fp32 parameters.
    ///   - layerParts: ranks that share each layer: attention's heads, the width of feed-forwards and
    ///     the rows of the token table are divided among them
    ///     (`ModelConfiguration.checkTensorDegree`). What a pass reads and gives is whole and the
    ///     same on all of them, and all of them have to make every pass.
    package init(
        _ configuration: ModelConfiguration, device: Device, dtype: DType = .float32,
        layerParts: any ProcessGroup = SingleProcessGroup()
    ) {
        self.configuration = configuration
        store = ParameterStore(device: device, dtype: dtype, layerParts: layerParts)
        let scope = store.scope
        logitScale = scope.parameter(
            "logit_scale", shape: [],
            initializer: .constant(Self.initialLogitScale(configuration)))
        logitBias = configuration.initialLogitBias.map {
            scope.parameter(
                "logit_bias", shape: [], initializer: .constant($0))
        }
        vision = VisionTower(
            configuration.vision, embedWidth: configuration.embedWidth, in: scope["visual"])
        text = TextTower(
            configuration.text, embedWidth: configuration.embedWidth, in: scope["text"])
    }

    /// Unit vectors for images.
    ///
    /// - Shape: `[B, 3, S, S]` to `[B, C]`.
    package func encodeImages(
        _ images: Tensor, keptPatches: Tensor? = nil, _ context: ForwardContext
    ) -> Tensor {
        vision(images, keptPatches: keptPatches, context).normalized()
    }

    /// Unit vectors for texts.
    ///
    /// - Shape: token ids `[B, L]` to `[B, C]`.
    package func encodeTexts(_ ids: Tensor, _ context: ForwardContext) -> Tensor {
        text(ids, context).normalized()
    }

    /// Brings the logit scale back into its bounds; called after every optimizer step.
    package func clampLogitScale() {
        withoutGradient { logitScale.value.clamp(inPlace: CLIP.logitScaleRange) }
    }

    /// Sets the logits' scale and bias to what training from scratch begins with.
    package func restartLogits() {
        withoutGradient {
            logitScale.value.fill(Self.initialLogitScale(configuration))
            if let bias = configuration.initialLogitBias { logitBias?.value.fill(bias) }
        }
    }

    /// SigLIP begins with a smaller factor, so that its bias outweighs it.
    private static func initialLogitScale(_ configuration: ModelConfiguration) -> Double {
        log(configuration.initialLogitBias == nil ? 1 / 0.07 : 10)
    }
}
