/// An EVA-CLIP model: two towers that meet in a joint embedding.
public struct ModelConfiguration: Codable, Sendable, Equatable {
    /// Features of the joint embedding.
    public var embedWidth: Int

    /// The vision tower.
    public var vision: VisionConfiguration

    /// The text tower.
    public var text: TextConfiguration

    /// What a learnt bias of the logits begins at, for SigLIP's loss; nil for no such parameter,
    /// as in all published EVA-CLIP models.
    public var initialLogitBias: Double?

    /// Creates a model's configuration.
    ///
    /// - Parameters:
    ///   - embedWidth: Features of the joint embedding.
    ///   - vision: The vision tower.
    ///   - text: The text tower.
    ///   - initialLogitBias: What a learnt bias of the logits begins at; nil for no such parameter.
    public init(
        embedWidth: Int, vision: VisionConfiguration, text: TextConfiguration,
        initialLogitBias: Double? = nil
    ) {
        self.embedWidth = embedWidth
        self.vision = vision
        self.text = text
        self.initialLogitBias = initialLogitBias
    }

    /// Trainable numbers in the model, the logits' scale and bias included.
    public var parameterCount: Int {
        vision.parameterCount(embedWidth: embedWidth) + text.parameterCount(embedWidth: embedWidth)
            + (initialLogitBias == nil ? 1 : 2)
    }
}
