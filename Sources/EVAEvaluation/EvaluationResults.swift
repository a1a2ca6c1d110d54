internal import EVATensorFiles
internal import Foundation

/// Everything that an evaluation found: the contents of `eval.json`.
///
/// The figures of classification stand at the top, the others under their own keys.
public struct EvaluationResults: Codable, Sendable, Equatable {
    /// Zero-shot classification.
    public var classification: EvaluationReport?
    /// Retrieval of images by texts and of texts by images.
    public var retrieval: RetrievalReport?
    /// A linear classifier on the image features.
    public var linearProbe: LinearProbeReport?

    /// Creates empty results.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case top1, retrieval
        case linearProbe = "linear_probe"
    }

    /// Reads the contents of `eval.json`.
    ///
    /// - Parameter decoder: Where they are.
    /// - Throws: A `DecodingError` when figures are missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.top1) { classification = try EvaluationReport(from: decoder) }
        retrieval = try container.decodeIfPresent(RetrievalReport.self, forKey: .retrieval)
        linearProbe = try container.decodeIfPresent(LinearProbeReport.self, forKey: .linearProbe)
    }

    /// Writes the contents of `eval.json`.
    ///
    /// - Parameter encoder: Where they go.
    /// - Throws: An `EncodingError` when the encoder cannot take them.
    public func encode(to encoder: any Encoder) throws {
        try classification?.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(retrieval, forKey: .retrieval)
        try container.encodeIfPresent(linearProbe, forKey: .linearProbe)
    }

    /// Writes the results as JSON, replacing the file in one step.
    ///
    /// - Parameter path: The file.
    /// - Throws: An error that names the path when it cannot be written.
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write([UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
    }
}
