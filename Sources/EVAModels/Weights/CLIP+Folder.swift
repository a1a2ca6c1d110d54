internal import EVALayers
package import Torch
package import TorchParallel

extension CLIP {
    /// Builds a described network and loads its weights.
    ///
    /// - Parameters:
    ///   - description: the network and where its weights are.
    ///   - device: where the parameters live.
    ///   - dtype: the format in which matrices are kept.
    ///   - layerParts: ranks that share each layer; each reads its part.
    ///   - report: gets what was loaded.
    /// - Throws: `WeightsError` when there are no weights or they do not fit; `TorchError` when
    ///   there is no memory for them.
    package init(
        loading description: ModelDescription, device: Device, dtype: DType = .float32,
        layerParts: any ProcessGroup = SingleProcessGroup(),
        report: (LoadedWeights) -> Void = { _ in }
    ) throws {
        let container = try description.openWeights()
        self = try throwingTorchFailures {
            let clip = CLIP(
                description.configuration, device: device, dtype: dtype, layerParts: layerParts)
            report(try clip.loadWeights(from: container, policy: description.policy))
            return clip
        }
    }
}
