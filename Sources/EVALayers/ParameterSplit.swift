package import Torch

/// Which part of a parameter a rank holds, of those that hold the parts of its layer.
package struct ParameterSplit: Sendable, Equatable {
    /// The dimension that is divided evenly.
    package let dimension: Int
    /// This rank's part.
    package let index: Int
    /// The number of parts.
    package let count: Int

    /// The entries of the divided dimension that are in the part.
    ///
    /// - Parameter shape: the whole parameter's.
    package func range(in shape: [Int]) -> Range<Int> {
        let length = shape[dimension]
        guard length % count == 0 else {
            fatalError("\(shape) is not divided into \(count) parts along dimension \(dimension)")
        }
        return index * length / count..<(index + 1) * length / count
    }

    /// The shape of a part.
    ///
    /// - Parameter shape: the whole parameter's.
    package func partShape(of shape: [Int]) -> [Int] {
        var part = shape
        part[dimension] = range(in: shape).count
        return part
    }

    /// The part of a whole tensor, without a copy.
    package func part(of whole: Tensor) -> Tensor {
        whole.sliced(range(in: whole.shape), dimension: dimension)
    }
}
