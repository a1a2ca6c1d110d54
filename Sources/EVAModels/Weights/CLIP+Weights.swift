internal import EVALayers
package import EVATensorFiles
internal import Torch

extension CLIP {
    /// Overwrites all parameters with those of a file, in whichever naming it is.
    ///
    /// - Throws: `WeightsError` listing everything that is missing, unexpected or of another
    ///   shape; nothing is changed then. `TensorFileError` when the file is faulty.
    /// - Parameter mayLack: keys whose parameters stay as they are where the file has none.
    /// - Returns: the naming that was found.
    @discardableResult
    package func loadWeights(from container: some TensorContainer, mayLack: Set<String> = [])
        throws -> WeightNaming
    {
        guard let naming = WeightNaming(detectedFrom: container.names) else {
            throw WeightsError(
                "\(container.path): holds no EVA-CLIP weights: no key such as "
                    + "'visual.trunk.cls_token' or 'text.transformer.resblocks.0.attn.in_proj_weight'"
            )
        }
        let absent = mayLack.subtracting(container.names)
        let layout = naming.layout(of: store.parameters.map { ($0.name, $0.shape) })
            .filter { !absent.contains($0.name) }
        try checkEntries(of: container, against: layout, naming: naming)
        try withoutGradient {
            for stored in layout {
                var tensor = try container.tensor(named: stored.name).makeTensor()
                if stored.isTransposed { tensor = tensor.transposed(0, 1) }
                var row = 0
                for parameter in parameters(of: stored) {
                    guard stored.parameters.count > 1 else {
                        parameter.master.copy(from: tensor.reshaped(parameter.shape))
                        continue
                    }
                    let rows = parameter.shape[0]
                    parameter.master.copy(from: tensor.sliced(row..<row + rows, dimension: 0))
                    row += rows
                }
            }
        }
        store.refreshOperands()
        return naming
    }

    /// Writes all parameters into a safetensors file, atomically.
    ///
    /// - Throws: `TensorFileError` when the file cannot be written; what it held before stays.
    package func saveWeights(
        to path: String, naming: WeightNaming, metadata: [String: String] = [:]
    ) throws {
        let layout = naming.layout(of: store.parameters.map { ($0.name, $0.shape) })
        let entries = layout.map { stored in
            TensorEntry(name: stored.name, elementType: .float32, shape: storedShape(stored))
        }
        try SafetensorsWriter.write(entries, metadata: metadata, to: path) { index in
            let stored = layout[index]
            return withoutGradient {
                let parts = parameters(of: stored).map(\.master)
                var tensor = parts.count == 1 ? parts[0] : .concatenated(parts, dimension: 0)
                if stored.isTransposed { tensor = tensor.transposed(0, 1) }
                return tensor.hostTensor(shape: storedShape(stored))
            }
        }
    }

    private func parameters(of stored: StoredTensor) -> [Parameter] {
        stored.parameters.map { name in
            guard let parameter = store[name] else {
                fatalError("a naming table speaks of '\(name)', which the model lacks")
            }
            return parameter
        }
    }

    private func storedShape(_ stored: StoredTensor) -> [Int] {
        if let shape = stored.shape { return shape }
        let shapes = parameters(of: stored).map(\.shape)
        if stored.isTransposed { return shapes[0].reversed() }
        guard shapes.count > 1 else { return shapes[0] }
        return [shapes.reduce(0) { $0 + $1[0] }] + shapes[0].dropFirst()
    }

    private func checkEntries(
        of container: some TensorContainer, against layout: [StoredTensor], naming: WeightNaming
    ) throws {
        var found: [String: TensorEntry] = [:]
        for entry in container.entries where !WeightNaming.isDerivedTable(entry.name) {
            found[entry.name] = entry
        }
        var problems: [String] = []
        for stored in layout {
            guard let entry = found.removeValue(forKey: stored.name) else {
                problems.append("missing: \(stored.name)")
                continue
            }
            let expected = storedShape(stored)
            let isNumber = expected.allSatisfy { $0 == 1 } && entry.shape.allSatisfy { $0 == 1 }
            if entry.shape != expected && !isNumber {
                problems.append(
                    "\(stored.name): expected shape \(expected), got \(entry.shape)")
            } else if !entry.elementType.isFloatingPoint {
                problems.append(
                    "\(stored.name): expected floating-point numbers, got \(entry.elementType)")
            }
        }
        problems += found.keys.sorted().map { "unexpected: \($0)" }
        guard problems.isEmpty else {
            throw WeightsError(
                "\(container.path) (\(naming.rawValue) names) does not fit the model, "
                    + "\(problems.count) differences: " + problems.joined(separator: "; "))
        }
    }
}
