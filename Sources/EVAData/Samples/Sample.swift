public import EVAImaging

/// One picture with its text or class, as a source has it: not decoded, not tokenised.
public struct Sample: Sendable {
    /// Where a picture comes from.
    public enum Picture: Sendable {
        /// An image file, read when the sample is prepared.
        case file(String)
        /// The content of an image file.
        case encoded([UInt8])
        /// Decoded pixels.
        case pixels(Image)
        /// Finished input of the model, `[3, size, size]`; taken as it is, never augmented.
        case floats([Float])
    }

    /// What a picture is paired with.
    public enum Text: Sendable {
        /// A caption, given to the tokenizer as it is.
        case caption(String)
        /// Finished token ids.
        case tokens([Int32])
    }

    /// The picture.
    public var picture: Picture
    /// The text; `nil` where only the class matters.
    public var text: Text?
    /// The index of the class, where the source has classes.
    public var label: Int?
    /// Equal for pictures that show the same; `nil` compares paths or contents.
    public var pictureKey: Int64?
    /// Equal for texts that say the same; `nil` compares token ids.
    public var textKey: Int64?
    /// The format of the file that pixels were decoded from; `nil` where they were drawn.
    package var pictureFormat: String?

    /// Makes a sample.
    ///
    /// - Parameters:
    ///   - picture: The picture.
    ///   - text: The text that belongs to it.
    ///   - label: The index of its class.
    ///   - pictureKey: Equal for pictures that show the same.
    ///   - textKey: Equal for texts that say the same.
    public init(
        picture: Picture, text: Text? = nil, label: Int? = nil, pictureKey: Int64? = nil,
        textKey: Int64? = nil
    ) {
        self.picture = picture
        self.text = text
        self.label = label
        self.pictureKey = pictureKey
        self.textKey = textKey
    }
}
