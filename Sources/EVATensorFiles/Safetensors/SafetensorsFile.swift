/// A safetensors file, mapped into memory; its tensors are slices of the mapping.
public final class SafetensorsFile: TensorContainer {
    private let file: MappedFile
    private let header: SafetensorsHeader

    /// The file that was opened.
    public var path: String { file.path }
    /// Every tensor, in the order of the header.
    public var entries: [TensorEntry] { header.entries }
    /// The strings that the header holds beside the tensors.
    public var metadata: [String: String] { header.metadata }

    /// Maps a file and checks its header completely.
    ///
    /// - Parameter path: A safetensors file.
    /// - Throws: `TensorFileError` when the file is missing, unreadable, or breaks the format.
    public convenience init(path: String) throws {
        try self.init(file: MappedFile(path: path))
    }

    init(file: MappedFile) throws(TensorFileError) {
        self.file = file
        header = try SafetensorsHeader(file: file)
    }

    /// The tensor of a name, or `nil` when there is none.
    public subscript(name: String) -> HostTensor? {
        guard let position = header.positions[name] else { return nil }
        let entry = header.entries[position]
        return HostTensor(
            elementType: entry.elementType, shape: entry.shape, file: file,
            range: header.ranges[position])
    }

    /// Where in the file a tensor's bytes lie; `nil` when there is none of that name.
    package func range(of name: String) -> Range<Int>? {
        header.positions[name].map { header.ranges[$0] }
    }

    /// The tensor of a name.
    ///
    /// - Parameter name: A name out of `entries`.
    /// - Returns: A slice of the mapped file.
    /// - Throws: `TensorFileError` when there is none of that name.
    public func tensor(named name: String) throws -> HostTensor {
        guard let tensor = self[name] else { throw TensorFileError.noTensor(name, in: path) }
        return tensor
    }
}

extension TensorFileError {
    /// A name that a container does not have.
    static func noTensor(_ name: String, in path: String) -> TensorFileError {
        TensorFileError(.noSuchTensor, path: path, tensor: name, "the file holds no such tensor")
    }

    /// A tensor of another shape than was asked for.
    static func shape(of name: String, in path: String, expected: [Int], got: [Int])
        -> TensorFileError
    {
        TensorFileError(
            .malformed, path: path, tensor: name, "expected shape \(expected), got \(got)")
    }
}
