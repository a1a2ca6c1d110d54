/// Files of `torch.save`: a ZIP archive of one pickle and a stored entry for every storage.
enum PyTorchFile {
    /// Reads the state dictionary, which may be the root or lie under the names in use for it.
    ///
    /// The prefix `module.` of parallel training is taken off when every tensor has it; entries of a
    /// checkpoint that are no tensors are passed over.
    static func open(_ file: MappedFile, archive: ZipArchive) throws -> MappedTensors {
        guard let pickle = archive.entries.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
            throw TensorFileError(
                .unsupported, path: file.path,
                "the archive holds neither 'data.pkl' (PyTorch) nor '.npy' files (NumPy)")
        }
        let root = pickle.name.dropLast("data.pkl".count)
        guard !archive.entries.contains(where: { $0.name == root + "constants.pkl" }) else {
            throw TensorFileError(
                .unsupported, path: file.path,
                "is a TorchScript program; save the model's state_dict() with torch.save instead")
        }
        try archive.expectStored(pickle)
        try expectLittleEndian(file, archive: archive, root: String(root))
        let graph = try PickleReader.read(file, range: pickle.range)
        let storages = Dictionary(
            archive.entries.filter { $0.name.hasPrefix(root + "data/") }.map {
                (String($0.name.dropFirst(root.count + 5)), $0)
            },
            uniquingKeysWith: { first, _ in first })
        var tensors: [(entry: TensorEntry, source: TensorSource)] = []
        for leaf in try graph.leaves(from: stateDictionary(of: graph), isLeaf: { _, _ in false }) {
            guard case .tensor(let position) = graph[leaf.value] else { continue }
            let name = leaf.name.isEmpty ? "tensor" : leaf.name
            let tensor = graph.tensors[position]
            guard let storage = storages[tensor.storage] else {
                throw TensorFileError(
                    .malformed, path: file.path, tensor: name,
                    "its storage '\(tensor.storage)' is missing from the archive")
            }
            try archive.expectStored(storage)
            tensors.append(
                (
                    TensorEntry(name: name, elementType: tensor.elementType, shape: tensor.shape),
                    try source(of: tensor, in: storage, name: name, path: file.path)
                ))
        }
        return try MappedTensors(file: file, tensors: withoutModulePrefix(tensors))
    }

    private static func expectLittleEndian(
        _ file: MappedFile, archive: ZipArchive, root: String
    ) throws {
        guard let entry = try archive.storedEntry(root + "byteorder") else { return }
        let isLittle = file.withUnsafeBytes { $0[entry.range].elementsEqual("little".utf8) }
        guard isLittle else {
            throw TensorFileError(
                .unsupported, path: file.path, offset: entry.range.lowerBound,
                "was saved in big-endian byte order; save it on a little-endian machine")
        }
    }

    private static func stateDictionary(of graph: PickleGraph) -> PickleGraph.Reference {
        for name in ["model", "module", "state_dict"] {
            if let member = graph.member(name, of: graph.root), graph.pairs(member) != nil {
                return member
            }
        }
        return graph.root
    }

    /// Where a tensor lies in its storage, whose entry must be as long as the pickle says.
    private static func source(
        of tensor: PickleGraph.Tensor, in storage: ZipArchive.Entry, name: String, path: String
    ) throws(TensorFileError) -> TensorSource {
        let size = tensor.elementType.byteCount
        let (expected, overflow) = tensor.storageCount.multipliedReportingOverflow(by: size)
        guard !overflow, expected <= storage.range.count else {
            throw TensorFileError(
                .malformed, path: path, offset: storage.range.lowerBound, tensor: name,
                "its storage of \(tensor.storageCount) elements of \(tensor.elementType) is stored "
                    + "as \(storage.range.count) bytes")
        }
        let isEmpty = tensor.shape.contains(0)
        if isEmpty || TensorSource.Layout.isRowMajor(tensor.strides, shape: tensor.shape) {
            let start = storage.range.lowerBound + (isEmpty ? 0 : tensor.offset * size)
            let count = tensor.elementType.byteCount(ofShape: tensor.shape) ?? 0
            return TensorSource(payload: .stored(start..<start + count))
        }
        return TensorSource(
            payload: .stored(storage.range),
            layout: .init(offset: tensor.offset, strides: tensor.strides))
    }

    private static func withoutModulePrefix(
        _ tensors: [(entry: TensorEntry, source: TensorSource)]
    ) -> [(entry: TensorEntry, source: TensorSource)] {
        let prefix = "module."
        guard tensors.allSatisfy({ $0.entry.name.hasPrefix(prefix) }) else { return tensors }
        return tensors.map { entry, source in
            let name = String(entry.name.dropFirst(prefix.count))
            return (
                TensorEntry(name: name, elementType: entry.elementType, shape: entry.shape), source
            )
        }
    }
}
