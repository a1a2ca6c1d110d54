package import EVATensorFiles
internal import Torch

/// The parameters of a network on their way into a file of some naming and number format.
///
/// One tensor of the file is in memory at a time. What the source holds exactly as the file needs
/// it is passed through without being looked at, so nothing is rounded that need not be.
package struct WeightsExport {
    /// What the file will hold, in its order.
    package let entries: [TensorEntry]
    package let naming: WeightNaming
    private let layout: [StoredTensor]
    private let source: any ParameterSource

    /// Plans a file.
    ///
    /// - Parameters:
    ///   - source: where the parameters come from.
    ///   - network: the network, on any device: its parameters are not touched.
    ///   - naming: the naming of the file.
    ///   - elementType: the number format of all tensors; nil keeps each tensor's own.
    /// - Throws: `WeightsError` when tensors of different formats have to be joined.
    package init(
        _ source: any ParameterSource, network: CLIP, naming: WeightNaming,
        elementType: ElementType? = nil
    ) throws(WeightsError) {
        self.source = source
        self.naming = naming
        layout = network.layout(in: naming)
        var entries: [TensorEntry] = []
        for stored in layout {
            let types = Set(stored.parameters.map { elementType ?? source.elementType(of: $0) })
            guard let type = types.first, types.count == 1 else {
                let names = types.map(\.rawValue).sorted().joined(separator: " and ")
                throw WeightsError(
                    "\(stored.name): would be joined of tensors in \(names); choose one format "
                        + "with --dtype")
            }
            entries.append(
                TensorEntry(
                    name: stored.name, elementType: type, shape: network.storedShape(stored)))
        }
        self.entries = entries
    }

    /// Bytes of all tensors.
    package var byteCount: Int {
        entries.reduce(0) { $0 + $1.shape.reduce($1.elementType.byteCount, *) }
    }

    /// The tensor of an entry.
    ///
    /// - Throws: `TensorFileError` when the source is damaged; `WeightsError` when a number does not
    ///   fit the wanted format.
    package func tensor(at index: Int) throws -> HostTensor {
        let (stored, entry) = (layout[index], entries[index])
        if stored.parameters.allSatisfy({ source.elementType(of: $0) == entry.elementType }),
            let ready = try source.stored(stored, shape: entry.shape)
        {
            return ready
        }
        guard let dtype = DType(entry.elementType) else {
            throw WeightsError("\(stored.name): \(entry.elementType) numbers cannot be rearranged")
        }
        return try withoutGradient {
            let parts = try stored.parameters.map { name in
                try Self.cast(try source.tensor(of: name), to: dtype, name: stored.name)
            }
            let joined = parts.count == 1 ? parts[0] : .concatenated(parts, dimension: 0)
            let turned = stored.isTransposed ? joined.transposed(0, 1) : joined
            return turned.hostTensor(shape: entry.shape)
        }
    }

    /// Has this rank's parts of split parameters join the whole that another rank writes.
    package func giveParts() throws {
        for index in SafetensorsWriter.order(of: entries) { _ = try tensor(at: index) }
    }

    /// Casts, and refuses numbers that are beyond the range of the format.
    private static func cast(_ tensor: Tensor, to dtype: DType, name: String) throws -> Tensor {
        guard tensor.dtype != dtype else { return tensor }
        let result = tensor.cast(to: dtype)
        guard result.allFinite().item() == 1 || tensor.allFinite().item() != 1 else {
            throw WeightsError(
                "\(name): holds numbers beyond the range of \(dtype); choose another --dtype")
        }
        return result
    }
}
