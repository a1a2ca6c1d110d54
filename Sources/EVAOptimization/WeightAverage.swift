package import EVALayers
internal import Foundation
package import Torch

/// A moving average of the weights that training changes, in fp32.
///
/// After n steps it is the mean of the n steps' weights `w[i]`, each counted `decay ^ (n - i)` times:
/// `a += (w[n] - a) * (1 - decay) / (1 - decay ^ n)`. So it never leans towards the weights that
/// training started with, as a plain moving average does for its first `1 / (1 - decay)` steps
/// (the correction of Kingma and Ba, arXiv 1412.6980, section 3).
///
/// Without the correction it begins at the weights that training starts with, and
/// `a += (w[n] - a) * (1 - decay)`: the form of timm's `ModelEmaV2` and `ModelEmaV3`.
package final class WeightAverage {
    package let decay: Double
    private let isBiasCorrected: Bool
    private let store: ParameterStore
    /// Those with a parameter that is trained.
    private let units: [ParameterUnit]
    /// One flat buffer for what this rank updates of each unit.
    private let averages: [Tensor]

    /// - Parameters:
    ///   - store: the model's parameters, in units; what is not trained is its own average.
    ///   - decay: what each step's weights count for, relative to the next step's; from 0 to below 1.
    ///   - isBiasCorrected: whether all weights count by their age alone, the first ones too.
    package init(of store: ParameterStore, decay: Double, isBiasCorrected: Bool = true) {
        self.store = store
        self.decay = decay
        self.isBiasCorrected = isBiasCorrected
        units = store.units.filter(\.isTrained)
        averages = units.map { $0.shareValues.zerosLike() }
    }

    /// The averages of what this rank updates of a unit; nil where training changes none of it.
    package func buffer(of unit: ParameterUnit) -> Tensor? {
        units.firstIndex { $0 === unit }.map { averages[$0] }
    }

    /// Sets the average to the present weights.
    package func restart() {
        withoutGradient { Foreach.copy(averages, from: units.map(\.shareValues)) }
    }

    /// Takes the present weights in.
    ///
    /// - Parameter step: how many weights it has then taken in, from 1.
    package func update(step: Int) {
        let share = isBiasCorrected ? 1 - pow(decay, Double(step)) : 1
        withoutGradient {
            Foreach.interpolate(
                averages, towards: units.map(\.shareValues), weight: (1 - decay) / share)
        }
    }

    /// Calls `body` while the model has the averages for weights; afterwards both are as before,
    /// but for what `body` did to the model's, which is the average's then.
    ///
    /// All ranks call it; where they share the parameters, `body` is called while they do.
    @discardableResult
    package func whileInPlace<Result>(_ body: () throws -> Result) throws -> Result {
        try exchange()
        let result = Swift.Result { try body() }
        try exchange()
        return try result.get()
    }

    private func exchange() throws {
        withoutGradient {
            for (unit, average) in zip(units, averages) {
                let weights = Tensor.empty(
                    [unit.share.count], dtype: .float32, device: unit.values.device)
                weights.copy(from: unit.shareValues)
                unit.shareValues.copy(from: average)
                average.copy(from: weights)
            }
        }
        try store.sharding?.spread()
    }
}
