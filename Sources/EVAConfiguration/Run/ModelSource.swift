/// Where the model of a run comes from, and what the run changes about it.
public struct ModelSource: Codable, Sendable, Equatable {
    /// A preset's name in any spelling, a model folder, a weights file, or a JSON configuration.
    public var name: String

    /// The JSON configuration of a weights file that has none beside it.
    public var configurationFile: String?

    /// Whether training starts from the model's weights instead of from random ones.
    public var loadsWeights: Bool

    /// Another image size, to which position embeddings are resized; nil for the model's own.
    public var imageSize: Int?

    /// Another patch size, to which the patch kernels are resized; nil for the model's own.
    public var patchSize: Int?

    /// How positions and patches are resized.
    public var resizeRule: GridResizeRule

    /// What is done about the orientation that a camera noted; nil for what the model's folder says.
    public var exifOrientation: PreprocessingConfiguration.ExifOrientation?

    /// Shell patterns of tensors that the weights may lack; their parameters are drawn.
    public var allowedMissing: [String]

    /// Another share of patches left out in training; nil for the model's own.
    public var patchDropout: Double?

    /// Creates a source from its name; nothing is changed about the model.
    ///
    /// - Parameters:
    ///   - name: A preset's name, a folder or a file.
    ///   - configurationFile: The configuration of a bare weights file.
    ///   - loadsWeights: Whether training starts from the model's weights.
    ///   - imageSize: Another image size.
    ///   - patchSize: Another patch size.
    ///   - resizeRule: How positions and patches are resized.
    ///   - exifOrientation: What is done about the orientation that a camera noted.
    ///   - patchDropout: Another share of patches left out.
    ///   - allowedMissing: Shell patterns of tensors that the weights may lack.
    public init(
        name: String, configurationFile: String? = nil, loadsWeights: Bool = false,
        imageSize: Int? = nil, patchSize: Int? = nil, resizeRule: GridResizeRule = .rei,
        exifOrientation: PreprocessingConfiguration.ExifOrientation? = nil,
        patchDropout: Double? = nil, allowedMissing: [String] = []
    ) {
        self.name = name
        self.configurationFile = configurationFile
        self.loadsWeights = loadsWeights
        self.imageSize = imageSize
        self.patchSize = patchSize
        self.resizeRule = resizeRule
        self.exifOrientation = exifOrientation
        self.patchDropout = patchDropout
        self.allowedMissing = allowedMissing
    }

    func validate(_ check: inout ValidationCheck) {
        check.require(!name.isEmpty, "--model", "expected a model's name, a folder or a file")
        if let imageSize { check.flag("image_size", imageSize) }
        if let patchSize { check.flag("patch_size", patchSize) }
        if let patchDropout { check.flag("patch_dropout", patchDropout) }
    }
}
