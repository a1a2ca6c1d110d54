internal import EVALayers
package import EVATensorFiles
internal import Torch
internal import TorchParallel

extension CLIP {
    /// Overwrites all parameters with those of a file, in whichever naming and format it is.
    ///
    /// - Parameters:
    ///   - container: the opened file.
    ///   - policy: what may differ between the file and the model.
    ///   - seed: what parameters that may be missing are drawn from.
    /// - Throws: `WeightsError` listing everything that is missing, unexpected or of another
    ///   shape; nothing is changed then. `TensorFileError` when the file is faulty.
    /// - Returns: what was loaded.
    @discardableResult
    package func loadWeights(
        from container: some TensorContainer, policy: WeightPolicy = .exact, seed: UInt64 = 0
    ) throws -> LoadedWeights {
        try WeightsLoader(WeightFile(container), for: self, policy: policy)
            .load(into: store, seed: seed)
    }

    /// Writes all parameters into a safetensors file, atomically, in the formats that they have.
    ///
    /// Where ranks share the layers all of them call it. The first writes; the others give it their
    /// parts, of one tensor at a time.
    ///
    /// - Throws: `TensorFileError` when the file cannot be written; what it held before stays.
    ///   `ParallelError` where a rank does not come.
    package func saveWeights(
        to path: String, naming: WeightNaming, metadata: [String: String] = [:]
    ) throws {
        let layout = layout(in: naming)
        let entries = layout.map { stored in
            TensorEntry(
                name: stored.name,
                elementType: parameters(of: stored)[0].master.dtype.elementType,
                shape: storedShape(stored))
        }
        func whole(_ stored: StoredTensor) throws -> [Tensor] {
            try parameters(of: stored).map { try store.merged($0.master, as: $0) }
        }
        guard store.layerParts.rank == 0 else {
            for index in SafetensorsWriter.order(of: entries) { _ = try whole(layout[index]) }
            return
        }
        try SafetensorsWriter.write(entries, metadata: metadata, to: path) { index in
            let stored = layout[index]
            let parts = try whole(stored)
            return withoutGradient {
                var tensor = parts.count == 1 ? parts[0] : .concatenated(parts, dimension: 0)
                if stored.isTransposed { tensor = tensor.transposed(0, 1) }
                return tensor.hostTensor(shape: storedShape(stored))
            }
        }
    }

    /// How the parameters lie in a file of a naming, in their order.
    package func layout(in naming: WeightNaming, fusesQueryValue: Bool = false) -> [StoredTensor] {
        naming.layout(
            of: store.parameters.map { ($0.name, $0.wholeShape) }, fusesQueryValue: fusesQueryValue)
    }

    /// The parameters of one tensor in a file, in its order.
    func parameters(of stored: StoredTensor) -> [Parameter] {
        stored.parameters.map { name in
            guard let parameter = store[name] else {
                fatalError("a naming table speaks of '\(name)', which the model lacks")
            }
            return parameter
        }
    }

    /// The shape of one tensor in a file.
    package func storedShape(_ stored: StoredTensor) -> [Int] {
        if let shape = stored.shape { return shape }
        let shapes = parameters(of: stored).map(\.wholeShape)
        guard shapes.count > 1 || stored.isTransposed else { return shapes[0] }
        let joined = [shapes.reduce(0) { $0 + $1[0] }] + shapes[0].dropFirst()
        return stored.isTransposed ? joined.reversed() : joined
    }
}
