import Foundation

/// Tensors that lie in pieces in several safetensors files, each written by one rank of a run.
///
/// The files are `BASE-00001-of-0000N.safetensors` to `BASE-0000N-of-0000N.safetensors`. Each holds
/// flat tensors, and which elements of which tensor they are: as JSON under their names, among the
/// header's strings. So a file may have several pieces of one tensor.
public final class TensorPieces: TensorContainer {
    /// The first file.
    public let path: String
    /// Every tensor, whole.
    public let entries: [TensorEntry]
    private let tensors: [String: [Part]]
    private let types: [String: ElementType]

    private struct Part: Sendable {
        let piece: TensorPiece
        let file: SafetensorsFile
        /// The name of its elements in the file.
        let key: String
    }

    /// What a file says of a piece.
    private struct Label: Codable {
        let tensor: String
        let piece: TensorPiece
    }

    /// What the header of such a file says under `format`.
    package static let format = "evaclip-pieces-1"

    /// The name of one of several files.
    ///
    /// - Parameter part: counted from 0.
    package static func fileName(_ base: String, part: Int, of count: Int) -> String {
        "\(base)-\(padded(part + 1))-of-\(padded(count)).safetensors"
    }

    /// The first of the files of a base in a folder; nil where there is none.
    package static func firstPath(_ base: String, in folder: String) -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().first { Self.base(ofName: $0)?.base == base }.map {
            "\(folder)/\($0)"
        }
    }

    /// What a file's name says of the set that it belongs to; nil for other names.
    package static func base(ofName name: String) -> (base: String, count: Int)? {
        let suffix = ".safetensors"
        guard name.hasSuffix(suffix) else { return nil }
        let words = name.dropLast(suffix.count).split(
            separator: "-", omittingEmptySubsequences: false)
        guard words.count >= 4, words[words.count - 2] == "of",
            let part = Int(words[words.count - 3]), let count = Int(words[words.count - 1]),
            (1...count).contains(part), count <= 99_999
        else { return nil }
        let base = words.dropLast(3).joined(separator: "-")
        return fileName(base, part: part - 1, of: count) == name ? (base, count) : nil
    }

    /// Opens all files of a set and checks that their pieces make whole tensors.
    ///
    /// - Parameter path: any of the files.
    /// - Throws: `TensorFileError` when a file is missing or faulty, or pieces are missing.
    public init(path: String) throws {
        let folder = TemporaryName.folder(of: path)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let (base, count) = Self.base(ofName: name) else {
            throw TensorFileError(
                .malformed, path: path,
                "holds pieces of tensors, but its name does not say of how many files; expected a "
                    + "name such as \(Self.fileName("optimizer", part: 0, of: 4))")
        }
        var order: [String] = []
        var tensors: [String: [Part]] = [:]
        var types: [String: ElementType] = [:]
        for part in 0..<count {
            let path = "\(folder)/\(Self.fileName(base, part: part, of: count))"
            let file = try SafetensorsFile(path: path)
            guard file.metadata["format"] == Self.format else {
                throw TensorFileError(
                    .malformed, path: path, "holds no pieces of tensors (\(Self.format))")
            }
            for entry in file.entries {
                let label = try Self.label(of: entry, in: file)
                let name = label.tensor
                if tensors[name] == nil { order.append(name) }
                tensors[name, default: []].append(
                    Part(piece: label.piece, file: file, key: entry.name))
                let type = types.updateValue(entry.elementType, forKey: name)
                guard type ?? entry.elementType == entry.elementType else {
                    throw TensorFileError(
                        .malformed, path: path, tensor: entry.name,
                        "is of another number format than the piece before it")
                }
            }
        }
        self.path = "\(folder)/\(Self.fileName(base, part: 0, of: count))"
        self.tensors = tensors
        self.types = types
        entries = try order.map { name in
            let parts = tensors[name] ?? []
            try Self.expectWhole(name, parts, base: base)
            return TensorEntry(
                name: name, elementType: types[name] ?? .float32,
                shape: parts.first?.piece.shape ?? [])
        }
    }

    /// The elements of one tensor, laid together from its pieces.
    public func tensor(named name: String) throws -> HostTensor {
        guard let shape = tensors[name]?.first?.piece.shape else {
            throw TensorFileError.noTensor(name, in: path)
        }
        return try elements(of: name, in: TensorPiece(of: shape)).reshaped(shape)
    }

    /// Some elements of a tensor; of the files only those are read that hold any of them.
    public func elements(of name: String, in piece: TensorPiece) throws -> HostTensor {
        guard let parts = tensors[name], let type = types[name], let first = parts.first else {
            throw TensorFileError.noTensor(name, in: path)
        }
        try first.piece.expect(piece, of: name, path: path)
        return try HostTensor(elementType: type, shape: [piece.count]) { target in
            for part in parts {
                let tensor = try part.file.tensor(named: part.key)
                tensor.withUnsafeBytes { bytes in
                    _ = piece.copy(from: part.piece, bytes, into: target, stride: type.byteCount)
                }
                tensor.releasePages()
            }
        }
    }

    /// Writes one file of a set.
    ///
    /// - Parameters:
    ///   - pieces: names of their own, the tensors that they are of, and the pieces; their elements
    ///     are fp32.
    ///   - elements: gives the elements of a piece, flat.
    /// - Returns: the digest of the file.
    @discardableResult
    package static func write(
        _ pieces: [(key: String, tensor: String, piece: TensorPiece)], to path: String,
        elements: (_ index: Int) throws -> HostTensor
    ) throws -> SHA256Digest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var metadata = ["format": format]
        for (key, tensor, piece) in pieces {
            let label = try encoder.encode(Label(tensor: tensor, piece: piece))
            metadata[key] = String(decoding: label, as: UTF8.self)
        }
        return try SafetensorsWriter.write(
            pieces.map {
                TensorEntry(name: $0.key, elementType: .float32, shape: [$0.piece.count])
            }, metadata: metadata, to: path, tensor: elements)
    }

    private static func label(of entry: TensorEntry, in file: SafetensorsFile) throws -> Label {
        guard let text = file.metadata[entry.name],
            let label = try? JSONDecoder().decode(Label.self, from: Data(text.utf8)),
            entry.shape == [label.piece.count]
        else {
            throw TensorFileError(
                .malformed, path: file.path, tensor: entry.name,
                "the header does not say which elements these are")
        }
        return label
    }

    /// Makes sure that every element of a tensor is in one piece.
    private static func expectWhole(_ name: String, _ parts: [Part], base: String) throws {
        func fault(_ part: Part, _ message: String) -> TensorFileError {
            TensorFileError(.malformed, path: part.file.path, tensor: name, message)
        }
        guard let first = parts.first else { return }
        if let other = parts.first(where: { $0.piece.shape != first.piece.shape }) {
            throw fault(
                other,
                "is a piece of a tensor of shape \(other.piece.shape), and in "
                    + "\(first.file.path) of shape \(first.piece.shape)")
        }
        var end = 0
        let runs = parts.flatMap { part in part.piece.runs.map { (run: $0, part: part) } }
        for (run, part) in runs.sorted(by: { $0.run.whole < $1.run.whole }) {
            guard run.whole == end else {
                throw fault(
                    part,
                    run.whole < end
                        ? "has elements that another file has too"
                        : "elements \(end) to \(run.whole - 1) are in no file")
            }
            end += run.count
        }
        let count = first.piece.shape.reduce(1, *)
        guard end == count else {
            throw fault(first, "elements \(end) to \(count - 1) are in no file")
        }
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}

extension TensorPiece {
    /// Makes sure that what is asked for is of a tensor of the same shape.
    fileprivate func expect(_ wanted: TensorPiece, of name: String, path: String) throws {
        guard wanted.shape == shape else {
            throw TensorFileError.shape(of: name, in: path, expected: wanted.shape, got: shape)
        }
    }
}
