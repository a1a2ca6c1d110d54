package import EVALayers
package import Torch
internal import TorchParallel

/// The global norm of all gradients, and clipping by it.
package enum GradientNorm {
    /// The joint Euclidean norm of all gradients, a scalar on the device, the same on all ranks.
    ///
    /// It is finite only where every gradient is.
    ///
    /// - Throws: `ParallelError` where ranks divide the gradients and do not come to the sum.
    package static func of(_ store: ParameterStore) throws -> Tensor {
        try withoutGradient {
            guard let ranks = store.sharding?.ranks,
                ranks.layerParts.size > 1 || store.units.contains(where: \.isShared)
            else { return joint(store.parameters.compactMap(\.gradient), on: store.device) }
            let own = joint(store.units.flatMap { counted($0, ranks) }, on: store.device)
            let ofShards = try ranks.shards.gather(own.reshaped([1])).norm()
            return try ranks.layerParts.gather(ofShards.reshaped([1])).norm().reshaped([])
        }
    }

    /// The gradients of a unit that this rank counts, so that the ranks together count each once.
    private static func counted(_ unit: ParameterUnit, _ ranks: ParallelContext) -> [Tensor] {
        let segments = unit.segments.filter {
            $0.parameter.isSplit || ranks.layerParts.rank == 0
        }
        guard unit.isShared else {
            return ranks.shards.rank == 0 ? segments.compactMap(\.parameter.gradient) : []
        }
        guard let gradients = unit.shareGradients else { return [] }
        if segments.count == unit.segments.count { return [gradients] }
        return segments.map { gradients.sliced(unit.shareRange(of: $0.range), dimension: 0) }
            .filter { $0.count > 0 }
    }

    private static func joint(_ gradients: [Tensor], on device: Device) -> Tensor {
        guard !gradients.isEmpty else { return Tensor.full([], 0, device: device) }
        return Tensor.stacked(Foreach.norms(gradients), dimension: 0).norm().reshaped([])
    }

    /// Divides the gradients by what the loss was multiplied by, and scales them down where their
    /// joint norm then exceeds `limit`.
    ///
    /// The factor is `min(1, limit / (norm + 1e-6))`, applied once a step to the whole gradient.
    /// Nothing is read back to the host.
    ///
    /// - Parameters:
    ///   - norm: the gradients' norm as they are.
    ///   - limit: no clipping where it is not positive.
    ///   - lossScale: what the loss was multiplied by before backward.
    /// - Returns: the norm of the divided gradients before clipping, a scalar on the device.
    package static func clip(
        _ store: ParameterStore, norm: Tensor, to limit: Double, lossScale: Double = 1
    ) -> Tensor {
        let gradients = store.units.flatMap { unit in
            unit.isShared
                ? unit.shareGradients.map { [$0] } ?? []
                : unit.segments.compactMap(\.parameter.gradient)
        }
        return withoutGradient {
            let norm = lossScale == 1 ? norm : norm * (1 / lossScale)
            if limit > 0 {
                let one = norm.zerosLike() + 1.0
                let factor = (one / (norm + 1e-6) * limit).clamped(from: 0, to: 1)
                Foreach.multiply(gradients, by: lossScale == 1 ? factor : factor * (1 / lossScale))
            } else if lossScale != 1 {
                Foreach.multiply(gradients, by: 1 / lossScale)
            }
            return norm
        }
    }
}
