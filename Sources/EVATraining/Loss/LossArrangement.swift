package import EVAConfiguration

/// How ranks share a loss: who holds whose features, and what flows back to them.
///
/// Each rank takes the rows of its own pairs in any case. That the others' rows are taken too, as
/// `--local_loss false` has it in the original, changes neither the mean over the ranks of the loss
/// nor, with `--gather_with_grad`, that of the gradients.
package struct LossArrangement: Sendable, Equatable {
    /// What the mean over the ranks of the towers' gradients is.
    package enum Gradient: Sendable {
        /// The gradient of the loss of all pairs.
        case exact
        /// The same divided by the number of ranks: of all rows, each rank has the gradient of its
        /// own features alone, and that is averaged (`--gather_with_grad false`).
        case divided
        /// That of each row's own feature, without what features are as candidates in others' rows
        /// (`--local_loss true --gather_with_grad false`).
        case ownRows
    }

    /// How a rank comes to the features of the others.
    package let gathering: LossConfiguration.Gathering
    /// What the mean over the ranks of the towers' gradients is.
    package let gradient: Gradient

    package init(
        _ gathering: LossConfiguration.Gathering = .ring, gradient: Gradient = .exact
    ) {
        self.gathering = gathering
        self.gradient = gradient
    }

    /// As the flags say.
    ///
    /// SigLIP's loss is exact in any case, as in open_clip, whose flags do not concern it.
    package init(_ configuration: LossConfiguration) {
        let isExact = configuration.gathersWithGradient || configuration.kind == .sigmoid
        self.init(
            configuration.gathering,
            gradient: isExact ? .exact : configuration.isLocal ? .ownRows : .divided)
    }

    /// What is to be said at a run's start of a gradient that is not the exact one; nil for that.
    ///
    /// - Parameter ranks: how many hold different pairs.
    package func notice(ranks: Int) -> String? {
        guard ranks > 1 else { return nil }
        switch gradient {
        case .exact: return nil
        case .divided:
            return
                "--gather_with_grad false: by its definition the towers' gradient is the exact one "
                + "divided by the \(ranks) data ranks, beside the logit scale's, which is exact; "
                + "--max_grad_norm and reported norms see that; use --gather_with_grad true"
        case .ownRows:
            return
                "--local_loss true --gather_with_grad false: by its definition the towers' gradient "
                + "is an approximation, without what a rank's features are among the candidates of "
                + "other rows; use --gather_with_grad true for the exact one"
        }
    }
}
