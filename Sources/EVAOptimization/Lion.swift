package import Torch

/// The sign of an interpolated momentum (Chen et al., arXiv 2302.06675, algorithm 2).
///
/// `u = sign(beta1 * m + (1 - beta1) * g)`, then `w -= rate * (u + decay * w)`, then
/// `m = beta2 * m + (1 - beta2) * g`. One moment; every weight moves by the rate, so rates are a
/// third to a tenth of AdamW's and decays larger by as much.
package struct Lion: UpdateRule {
    package let beta1: Double
    package let beta2: Double

    package init(beta1: Double = 0.9, beta2: Double = 0.99) {
        self.beta1 = beta1
        self.beta2 = beta2
    }

    package var keepsSecondMoments: Bool { false }

    package func apply(_ update: FlatUpdate, step: Int) {
        update.lion(beta1: beta1, beta2: beta2)
    }
}
