/// An EVA-CLIP model: two towers that meet in a joint embedding.
public struct ModelConfiguration: Codable, Sendable, Equatable {
    /// Features of the joint embedding.
    public var embedWidth: Int

    /// The vision tower.
    public var vision: VisionConfiguration

    /// The text tower.
    public var text: TextConfiguration

    /// Creates a model's configuration.
    ///
    /// - Parameters:
    ///   - embedWidth: Features of the joint embedding.
    ///   - vision: The vision tower.
    ///   - text: The text tower.
    public init(embedWidth: Int, vision: VisionConfiguration, text: TextConfiguration) {
        self.embedWidth = embedWidth
        self.vision = vision
        self.text = text
    }

    /// Trainable numbers in the model, the logit scale included.
    public var parameterCount: Int {
        vision.parameterCount(embedWidth: embedWidth) + text.parameterCount(embedWidth: embedWidth)
            + 1
    }
}
