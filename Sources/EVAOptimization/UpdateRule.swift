package import Torch

/// How parameters move by their gradients and the moments of these.
package protocol UpdateRule: Sendable {
    /// The decay rate of the gradient's mean.
    var beta1: Double { get }
    /// The decay rate of what is kept longest: the gradient's uncentred variance, or Lion's mean.
    var beta2: Double { get }
    /// Whether it works with a second moment.
    var keepsSecondMoments: Bool { get }

    /// Changes parameters and moments in place.
    ///
    /// - Parameters:
    ///   - update: the buffers, and the rate and decay of each tensor in them.
    ///   - step: the number of this step, from 1.
    func apply(_ update: FlatUpdate, step: Int)

    /// Changes parameters and moments of all units in place.
    ///
    /// - Parameter sums: adds up what the ranks know of the tensors that they divide; nil where this
    ///   rank has all of each.
    /// - Throws: `ParallelError` where the ranks do not come to it.
    func apply(_ updates: [FlatUpdate], step: Int, sums: TensorSums?) throws
}

extension UpdateRule {
    package var keepsSecondMoments: Bool { true }

    // Most rules look at each element by itself.
    package func apply(_ updates: [FlatUpdate], step: Int, sums: TensorSums?) throws {
        for update in updates { apply(update, step: step) }
    }
}
