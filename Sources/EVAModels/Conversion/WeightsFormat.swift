package import EVATensorFiles

/// The kinds of files that weights are written into.
package enum WeightsFormat: String, Sendable, CaseIterable {
    case safetensors
    /// A ZIP archive that `torch.load(weights_only=True)` opens.
    case pytorch
    /// A pickle that `paddle.load` opens.
    case paddle

    /// The endings of files of this kind.
    package var suffixes: [String] {
        switch self {
        case .safetensors: [".safetensors"]
        case .pytorch: [".pt", ".pth", ".bin"]
        case .paddle: [".pdparams"]
        }
    }

    /// The format that a file's name asks for; nil for any other name, such as a folder's.
    package init?(suffixOf path: String) {
        guard
            let format = Self.allCases.first(where: { $0.suffixes.contains { path.hasSuffix($0) } })
        else { return nil }
        self = format
    }

    /// Writes a file of this kind, atomically.
    ///
    /// - Returns: the digest of the file.
    /// - Throws: `TensorFileError` when the file cannot be written; what it held before stays.
    @discardableResult
    package func write(_ export: WeightsExport, to path: String) throws -> SHA256Digest {
        switch self {
        case .safetensors:
            try SafetensorsWriter.write(
                export.entries, metadata: Self.metadata, to: path, tensor: export.tensor)
        case .pytorch:
            try PyTorchWriter.write(export.entries, to: path, tensor: export.tensor)
        case .paddle:
            try PaddleWriter.write(
                export.entries, parameterNames: parameterNames(of: export), to: path,
                tensor: export.tensor)
        }
    }

    /// What transformers and open_clip look for: tensors are laid out as PyTorch has them.
    package static let metadata = ["format": "pt"]

    private func parameterNames(of export: WeightsExport) -> [String: String] {
        // Paddle names the parameters of its own model; other keys would have no meaning there.
        export.naming == .paddleMIX ? PaddleParameterNames.table(for: export.entries) : [:]
    }
}
