/// The one door to files of tensors, whatever their format.
public enum TensorFile {
    /// Opens a file by what it contains, not by its name.
    ///
    /// Known are safetensors and its index of shards, PyTorch archives, PaddlePaddle pickles, and
    /// NumPy's `.npy` and `.npz`.
    ///
    /// - Parameter path: The file.
    /// - Returns: Its tensors, read when asked for.
    /// - Throws: `TensorFileError` when the file is missing, damaged, of no known format, or asks for
    ///   code to be run.
    public static func open(path: String) throws -> any TensorContainer {
        let file = try MappedFile(path: path)
        return switch try kind(of: file) {
        case .safetensors: try openSafetensors(file)
        case .index: try ShardedSafetensors(indexPath: path)
        case .pickle: try PaddleFile(file: file)
        case .array: try NumPyFile.open(file)
        case .archive: try openArchive(file)
        }
    }

    /// Reads a whole archive and compares its entries with the checksums that it keeps of them.
    ///
    /// - Parameter path: The file.
    /// - Returns: The number of entries compared; `nil` for a format without checksums.
    /// - Throws: `TensorFileError` when the file cannot be read or an entry is damaged.
    package static func verifyChecksums(path: String) throws -> Int? {
        let file = try MappedFile(path: path)
        guard case .archive = try kind(of: file) else { return nil }
        return try ZipArchive(file: file).verifyChecksums(file)
    }

    /// A file of its own, or one of several that hold tensors in pieces.
    private static func openSafetensors(_ file: MappedFile) throws -> any TensorContainer {
        let tensors = try SafetensorsFile(file: file)
        return tensors.metadata["format"] == TensorPieces.format
            ? try TensorPieces(path: file.path) : tensors
    }

    private enum Kind {
        case safetensors, index, pickle, array, archive
    }

    private static func openArchive(_ file: MappedFile) throws -> any TensorContainer {
        let archive = try ZipArchive(file: file)
        let isNumPy =
            !archive.entries.isEmpty && archive.entries.allSatisfy { $0.name.hasSuffix(".npy") }
        return isNumPy
            ? try NumPyFile.open(file, archive: archive)
            : try PyTorchFile.open(file, archive: archive)
    }

    private static func kind(of file: MappedFile) throws(TensorFileError) -> Kind {
        if let refusal = file.withUnsafeBytes({ refusal(of: $0) }) {
            throw TensorFileError(.unsupported, path: file.path, refusal)
        }
        guard let kind = file.withUnsafeBytes({ kind(of: $0) }) else {
            throw TensorFileError(
                .unsupported, path: file.path,
                "is no file of tensors; expected safetensors, PyTorch, PaddlePaddle or NumPy")
        }
        return kind
    }

    private static func kind(of bytes: UnsafeRawBufferPointer) -> Kind? {
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .archive }
        if bytes.starts(with: NumPyFile.magic) { return .array }
        if bytes.count >= 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) { return .pickle }
        if bytes.number(at: 8, as: UInt8.self) == UInt8(ascii: "{") { return .safetensors }
        if bytes.first == UInt8(ascii: "{") { return .index }
        return nil
    }

    /// What people should do about files that are known but not read.
    private static func refusal(of bytes: UnsafeRawBufferPointer) -> String? {
        let magicNumber: [UInt8] = [
            0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
            0x2E,
        ]
        let isTar =
            bytes.count > 262
            && UnsafeRawBufferPointer(rebasing: bytes[257...]).starts(with: "ustar")
        if bytes.starts(with: magicNumber) || isTar {
            return "was saved by PyTorch before 1.6, in a format that is not read; convert it: "
                + "python3 -c \"import torch; torch.save(torch.load('OLD.pt', weights_only=True), "
                + "'NEW.pt')\""
        }
        if bytes.starts(with: "version https://git-lfs") {
            return "is a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"
        }
        if bytes.starts(with: "<!DOCTYPE") || bytes.starts(with: "<html") {
            return "is a web page, not a file of tensors; the download went wrong"
        }
        return nil
    }
}
