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
    package func saveWeights(to path: String, naming: WeightNaming) throws {
        let export = try WeightsExport(HostParameters(of: store), network: self, naming: naming)
        guard store.layerParts.rank == 0 else { return try export.giveParts() }
        try WeightsFormat.safetensors.write(export, to: path)
    }

    /// How the parameters lie in a file of a naming, in their order.
    package func layout(in naming: WeightNaming, fusesQueryValue: Bool = false) -> [StoredTensor] {
        naming.layout(
            of: store.parameters.map { ($0.name, $0.wholeShape) }, fusesQueryValue: fusesQueryValue)
    }

    /// Where each parameter lies in the tensors of a naming that keeps matrices as they are.
    ///
    /// - Returns: by parameter, the tensor's name, its shape, and the parameter's first row in it.
    package func places(in naming: WeightNaming)
        -> [String: (name: String, shape: [Int], firstRow: Int)]
    {
        var places: [String: (name: String, shape: [Int], firstRow: Int)] = [:]
        for stored in layout(in: naming) {
            var row = 0
            for parameter in parameters(of: stored) {
                places[parameter.name] = (stored.name, storedShape(stored), row)
                row += parameter.wholeShape.first ?? 1
            }
        }
        return places
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
