import EVATensorFiles

/// Finished input of the model from one safetensors file: `image` and `input_ids`, in file order.
///
/// `image` is `[N, 3, S, S]` float32, `input_ids` is `[N, L]` int64 or int32.
public struct TensorsSource: SampleSource {
    /// The spelling of such a source on the command line: `tensors:FILE`.
    public static let prefix = "tensors:"

    /// The file.
    public let name: String
    /// The number of pairs.
    public let count: Int
    // Read by calls, not through the mapping: rows are read as long as a run lasts.
    private let file: PositionalFile
    private let imagesStart: Int
    private let imageLength: Int
    private let tokens: [Int32]
    private let textLength: Int

    /// The number of pairs and the length of the texts.
    public var summary: String { "\(name): \(count) pairs of ready tensors, \(textLength) tokens" }

    /// Reads the file and checks that the model can take what it holds.
    ///
    /// - Parameters:
    ///   - path: A safetensors file.
    ///   - imageSize: Width and height of the model's input in pixels.
    ///   - contextLength: The most tokens that the model takes.
    ///   - vocabularySize: One more than the highest token id.
    /// - Throws: `TensorFileError` when the file cannot be read; `DataError` when a tensor is missing,
    ///   has another shape or element type, or a token id is outside the vocabulary.
    public init(path: String, imageSize: Int, contextLength: Int, vocabularySize: Int) throws {
        let file = try SafetensorsFile(path: path)
        let images = try Self.tensor("image", of: file)
        let ids = try Self.tensor("input_ids", of: file)
        guard images.elementType == .float32, images.shape.count == 4,
            Array(images.shape.dropFirst()) == [3, imageSize, imageSize]
        else {
            throw DataError(
                path,
                "tensor 'image': expected float32 [N, 3, \(imageSize), \(imageSize)], "
                    + "got \(images.elementType) \(images.shape)")
        }
        guard ids.elementType == .int64 || ids.elementType == .int32, ids.shape.count == 2,
            ids.shape[0] == images.shape[0], (1...contextLength).contains(ids.shape[1])
        else {
            throw DataError(
                path,
                "tensor 'input_ids': expected int64 [\(images.shape[0]), L] with L at most "
                    + "\(contextLength), got \(ids.elementType) \(ids.shape)")
        }
        let wide =
            ids.elementType == .int64
            ? try ids.values(as: Int64.self) : try ids.values(as: Int32.self).map { Int64($0) }
        if let bad = wide.firstIndex(where: { $0 < 0 || $0 >= vocabularySize }) {
            throw DataError(
                path,
                "tensor 'input_ids', row \(bad / ids.shape[1]), column \(bad % ids.shape[1]): "
                    + "token \(wide[bad]) is not in 0 ..< \(vocabularySize)")
        }
        self.file = try PositionalFile(path: path)
        imagesStart = file.range(of: "image")?.lowerBound ?? 0
        imageLength = 3 * imageSize * imageSize * MemoryLayout<Float>.stride
        name = path
        count = images.shape[0]
        tokens = wide.map { Int32($0) }
        textLength = ids.shape[1]
    }

    /// One pair.
    ///
    /// - Parameter index: A row in `0 ..< count`.
    /// - Returns: Copies of the rows.
    /// - Throws: `DataError` when the file cannot be read any more, or has become shorter.
    public func sample(at index: Int) throws -> Sample {
        let start = imagesStart + index * imageLength
        let floats = try file.floats(start..<start + imageLength)
        let row = tokens[index * textLength..<(index + 1) * textLength]
        return Sample(picture: .floats(floats), text: .tokens(Array(row)))
    }

    private static func tensor(_ name: String, of file: SafetensorsFile) throws -> HostTensor {
        guard let tensor = file[name] else {
            throw DataError(
                file.path,
                "holds no tensor '\(name)'; expected 'image' and 'input_ids', got "
                    + (file.names.isEmpty
                        ? "none" : file.names.prefix(8).joined(separator: ", ")))
        }
        return tensor
    }
}
