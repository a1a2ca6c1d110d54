package import Torch

/// A group of one rank: every collective gives back what it was given.
package struct SingleProcessGroup: ProcessGroup {
    package let rank = 0
    package let size = 1

    package init() {}

    package func sum(inPlace tensor: Tensor) {}

    package func gather(_ tensor: Tensor) -> Tensor { tensor }

    package func sumScatter(_ tensor: Tensor) -> Tensor { tensor }
}
