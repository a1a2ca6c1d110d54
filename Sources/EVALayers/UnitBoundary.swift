package import Torch

/// The place where layers begin and end to use the parameters of a unit.
///
/// Ranks that share the parameters gather them there for forward and again for backward, and sum the
/// gradients as soon as backward has passed.
package struct UnitBoundary {
    private let store: ParameterStore
    private let unit: String

    /// The boundary of what `scope` makes its parameters in.
    package init(_ scope: ParameterScope) {
        store = scope.store
        unit = scope.unit
        store.noteBoundary(of: unit)
    }

    /// Calls `layers`, which read parameters of no other unit.
    ///
    /// - Parameter x: what backward passes last: the stream that the layers add to.
    package func callAsFunction(_ x: Tensor, _ layers: (Tensor) -> Tensor) -> Tensor {
        guard let sharing = store.sharding else { return layers(x) }
        let unit = unit
        sharing.enter(unit)
        defer { sharing.leave(unit) }
        let input = x.beforeBackwardContinues { sharing.endBackward(of: unit) }
        return layers(input).beforeBackwardContinues { sharing.enter(unit) }
    }
}

extension Tensor {
    /// The same tensor; backward calls `body` before it goes on to what the tensor was made of.
    fileprivate func beforeBackwardContinues(_ body: @escaping () -> Void) -> Tensor {
        guard requiresGradient else { return self }
        return CustomGradient.record(inputs: [self]) {
            [detached()]
        } backward: { gradients in
            body()
            return gradients
        }[0]
    }
}
