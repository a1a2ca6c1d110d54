internal import EVALayers
internal import EVAOptimization
internal import Torch
internal import TorchParallel

/// Brings the parts of an optimizer's moments together, a unit at a time.
final class MomentGathering {
    private let store: ParameterStore
    /// The moments of one unit, as long as its parameters follow each other.
    private var last: (share: Tensor, whole: Tensor)?

    init(_ store: ParameterStore) {
        self.store = store
    }

    /// A moment of a whole parameter; the ranks that share it, or its layer, ask for it together.
    func whole(_ moment: Optimizer.Moment) throws -> Tensor {
        try withoutGradient {
            let unit = moment.unit
            var buffer = moment.share
            if unit.isShared, let shards = store.sharding?.ranks.shards {
                if let last, last.share === moment.share {
                    buffer = last.whole
                } else {
                    buffer = try shards.gather(moment.share)
                    last = (moment.share, buffer)
                }
            }
            let part = buffer.sliced(moment.segment, dimension: 0)
                .reshaped(moment.parameter.shape)
            return try store.merged(part, as: moment.parameter)
        }
    }
}
