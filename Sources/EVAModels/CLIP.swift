internal import Foundation
package import EVAConfiguration
package import EVALayers
package import Torch

/// An image tower and a text tower that map into one space (Radford et al., arXiv 2103.00020).
package struct CLIP {
    package let configuration: ModelConfiguration
    package let store: ParameterStore
    package let vision: VisionTower
    package let text: TextTower
    /// The logarithm of what cosine similarities are multiplied by; a scalar.
    package let logitScale: Parameter

    /// The bounds of the logit scale's logarithm: a factor of 1 to 100.
    package static let logitScaleRange = 0...log(100.0)

    /// Builds the network; its parameters are not set until they are drawn or loaded.
    package init(_ configuration: ModelConfiguration, device: Device) {
        self.configuration = configuration
        store = ParameterStore(device: device)
        let scope = store.scope
        logitScale = scope.parameter(
            "logit_scale", shape: [], initializer: .constant(log(1 / 0.07)))
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
}
