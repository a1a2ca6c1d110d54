internal import EVALayers
internal import EVAOptimization
internal import Torch
internal import TorchParallel

/// Brings the shares of an optimizer's moments together, a unit at a time.
final class MomentGathering {
    private let sharding: ParameterSharding?
    /// The moments of one unit, as long as its parameters follow each other.
    private var last: (share: Tensor, whole: Tensor)?

    init(sharding: ParameterSharding?) {
        self.sharding = sharding
    }

    /// A moment of a whole parameter; the ranks of the sharding axis ask for it together.
    func whole(_ moment: Optimizer.Moment) throws -> Tensor {
        try withoutGradient {
            let unit = moment.unit
            var buffer = moment.share
            if unit.isShared, let sharding {
                if let last, last.share === moment.share {
                    buffer = last.whole
                } else {
                    buffer = try sharding.ranks.shards.gather(moment.share)
                    last = (moment.share, buffer)
                }
            }
            return buffer.sliced(moment.segment, dimension: 0).reshaped(moment.parameter.shape)
        }
    }
}
