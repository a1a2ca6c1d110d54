internal import Foundation
package import Torch

/// Rotary position embedding of a square grid of patches behind one class token.
///
/// Su et al., arXiv 2104.09864, in the two-dimensional form of EVA-02 (arXiv 2303.11331): the
/// first half of a head turns with the row, the second with the column; consecutive elements make
/// a pair. Matches `rope.py` of EVA-CLIP, `VisionRotaryEmbeddingFast`. The class token does not
/// turn.
///
/// Shapes: G = grid side, E = width of a head.
package struct RotaryEmbedding {
    /// One complex number of length 1 for each token and pair: `[1 + G * G, E / 2]`.
    private let turns: Tensor

    /// - Parameters:
    ///   - gridSize: patches along a side.
    ///   - headWidth: E, a multiple of 4.
    ///   - positions: where each row, and each column, stands; one for each patch along a side.
    ///   - device: where the table lives.
    package init(gridSize: Int, headWidth: Int, positions: [Double], device: Device) {
        guard headWidth % 4 == 0, positions.count == gridSize else {
            fatalError("rotary embedding: head width \(headWidth), \(positions.count) positions")
        }
        let frequencies = (0..<headWidth / 4).map { index in
            pow(10_000, -Double(4 * index) / Double(headWidth))
        }
        var table: [Float] = []
        table.reserveCapacity((1 + gridSize * gridSize) * headWidth)
        for _ in 0..<headWidth / 2 { table += [1, 0] }
        for y in positions {
            for x in positions {
                for angle in frequencies.map({ $0 * y }) + frequencies.map({ $0 * x }) {
                    table += [Float(cos(angle)), Float(sin(angle))]
                }
            }
        }
        turns = Tensor(table, shape: [1 + gridSize * gridSize, headWidth / 2, 2])
            .moved(to: device).asComplex()
    }

    /// The rotation of all tokens, in order.
    package func all() -> Rotation { Rotation(turns: turns.unsqueezed(1)) }

    /// The rotation of the tokens kept in each image.
    ///
    /// - Parameter indices: token numbers `[B, K]`, 0 being the class token.
    package func kept(_ indices: Tensor) -> Rotation {
        let shape = indices.shape
        let rows = turns.asReal().selected(indices: indices.flattened(), dimension: 0)
            .asComplex()  // [B * K, E / 2]
        return Rotation(turns: rows.reshaped([shape[0], shape[1], 1, rows.shape[1]]))
    }

    /// Turns each pair of elements by its token's angles.
    ///
    /// - Shape: input and output `[B, N, H, E]`.
    /// - Precision: computed in fp32; the result has the input's dtype.
    package struct Rotation {
        /// `[N, 1, E / 2]` or `[B, N, 1, E / 2]`, complex.
        fileprivate let turns: Tensor

        package func callAsFunction(_ x: Tensor) -> Tensor {
            let shape = x.shape
            let pairs = x.cast(to: .float32).reshaped(Array(shape.dropLast()) + [shape[3] / 2, 2])
            return (pairs.asComplex() * turns).asReal().reshaped(shape).cast(to: x.dtype)
        }
    }
}
