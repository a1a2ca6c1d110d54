/// Files of `paddle.save`: `.pdparams` and `.pdopt`, one pickle with the arrays inside.
///
/// Names inside nested dictionaries and lists are joined by points. uint16 arrays are bfloat16, as
/// Paddle's own loader takes them.
package final class PaddleFile: TensorContainer {
    package var path: String { tensors.path }
    package var entries: [TensorEntry] { tensors.entries }
    /// Numbers that are no arrays, such as the step and rate of a scheduler.
    package let numbers: [String: Double]
    /// The framework's parameter names by structured name, on which optimizer state is keyed.
    package let parameterNames: [String: String]
    private let tensors: MappedTensors

    /// Maps a file and reads its pickle.
    ///
    /// - Throws: `TensorFileError` when the file is missing, damaged, or asks for code to be run.
    package convenience init(path: String) throws {
        try self.init(file: MappedFile(path: path))
    }

    init(file: MappedFile) throws {
        let graph = try PickleReader.read(file, range: 0..<file.count)
        var numbers: [String: Double] = [:]
        var parameterNames: [String: String] = [:]
        var arrays: [(name: String, array: PickleGraph.Array)] = []
        let leaves = try graph.leaves(from: graph.root) { name, value in
            Self.namedTensor(value, in: graph) != nil || Self.isReserved(name)
        }
        for leaf in leaves {
            if Self.isReserved(leaf.name) {
                if leaf.name == Self.namesKey {
                    parameterNames = Self.parameterNames(leaf.value, in: graph)
                }
                continue
            }
            var (name, value) = (leaf.name, leaf.value)
            if let named = Self.namedTensor(value, in: graph) {
                value = named.array
                if name.isEmpty { name = named.name }
            }
            switch graph[value] {
            case .array(let position):
                guard let array = graph.arrays[position] else {
                    throw TensorFileError(
                        .malformed, path: file.path, tensor: name, "the array was never completed")
                }
                arrays.append((name, array))
            case .int(let number): numbers[name] = Double(number)
            case .double(let number): numbers[name] = number
            default: continue
            }
        }
        let unjoined = arrays.map { name, array in
            let type = array.elementType == .uint16 ? .bfloat16 : array.elementType
            return (
                entry: TensorEntry(name: name, elementType: type, shape: array.shape),
                source: array.source
            )
        }
        tensors = try MappedTensors(
            file: file, tensors: Self.joined(unjoined, in: graph, path: file.path))
        self.numbers = numbers
        self.parameterNames = parameterNames
    }

    package func tensor(named name: String) throws -> HostTensor {
        try tensors.tensor(named: name)
    }

    static let namesKey = "StructuredToParameterName@@"
    private static let slicesKey = "UnpackBigParamInfor@@"

    private static func isReserved(_ name: String) -> Bool {
        name == namesKey || name == slicesKey
    }

    /// A tensor that was saved by itself: a tuple of its name and its array.
    private static func namedTensor(
        _ value: PickleGraph.Reference, in graph: PickleGraph
    ) -> (name: String, array: PickleGraph.Reference)? {
        guard case .tuple(let position) = graph[value], case let pair = graph.sequences[position],
            pair.count == 2, let name = graph.text(pair[0]), case .array = graph[pair[1]]
        else { return nil }
        return (name, pair[1])
    }

    private static func parameterNames(
        _ value: PickleGraph.Reference, in graph: PickleGraph
    ) -> [String: String] {
        var names: [String: String] = [:]
        for (key, value) in graph.pairs(value) ?? [] {
            if let key = graph.text(key), let name = graph.text(value) { names[key] = name }
        }
        return names
    }

    /// Puts together tensors that protocols 2 and 3 had to cut: {name: {"OriginShape", "slices"}}.
    private static func joined(
        _ tensors: [(entry: TensorEntry, source: TensorSource)], in graph: PickleGraph, path: String
    ) throws(TensorFileError) -> [(entry: TensorEntry, source: TensorSource)] {
        guard let info = graph.member(slicesKey, of: graph.root), let pairs = graph.pairs(info)
        else {
            return tensors
        }
        let byName = Dictionary(
            tensors.map { ($0.entry.name, $0) }, uniquingKeysWith: { first, _ in first })
        var whole: [String: (entry: TensorEntry, source: TensorSource)] = [:]
        var nameOfSlice: [String: String] = [:]
        for (key, value) in pairs {
            guard let name = graph.text(key),
                let shape = graph.member("OriginShape", of: value).flatMap(graph.counts),
                let slices = graph.member("slices", of: value).flatMap(graph.elements),
                let parts = Optional(slices.compactMap { graph.text($0).flatMap { byName[$0] } }),
                parts.count == slices.count, let first = parts.first,
                parts.allSatisfy({
                    $0.entry.elementType == first.entry.elementType && $0.source.layout == nil
                })
            else {
                throw TensorFileError(
                    .malformed, path: path, "'\(slicesKey)' does not describe slices in the file")
            }
            let entry = TensorEntry(name: name, elementType: first.entry.elementType, shape: shape)
            let payload = TensorPayload.joined(parts.map(\.source.payload))
            // One array may stand under many names, so that a small file describes a huge tensor.
            guard entry.byteCount == payload.count, payload.count <= graph.file.count else {
                throw TensorFileError(
                    .malformed, path: path, tensor: name,
                    "the slices together do not have the tensor's size")
            }
            whole[name] = (entry, TensorSource(payload: payload))
            for part in parts { nameOfSlice[part.entry.name] = name }
        }
        // The whole tensor takes the place of its first slice.
        return tensors.compactMap { tensor in
            guard let name = nameOfSlice[tensor.entry.name] else { return tensor }
            return whole.removeValue(forKey: name)
        }
    }
}
