internal import Foundation
package import Torch

// What ranks tell each other besides tensors of one shape.
extension ProcessGroup {
    /// One text of each rank, by rank.
    package func gather(_ text: String) throws -> [String] {
        guard size > 1 else { return [text] }
        let bytes = Array(text.utf8)
        let counts = try gather(bytes.count)
        // One byte more, so that no tensor is empty.
        let length = (counts.max() ?? 0) + 1
        let padded = bytes + Array(repeating: 0, count: length - bytes.count)
        let own = try padded.withUnsafeBytes {
            try Tensor(bytes: $0, shape: [length], dtype: .uint8)
        }
        return try gather(own).withHostBytes { all in
            counts.enumerated().map { rank, count in
                String(decoding: all[rank * length..<rank * length + count], as: UTF8.self)
            }
        }
    }

    /// One value of each rank, by rank, as JSON carries it.
    package func gather<Value: Codable>(_ value: Value) throws -> [Value] {
        guard size > 1 else { return [value] }
        let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        return try gather(text).map {
            try JSONDecoder().decode(Value.self, from: Data($0.utf8))
        }
    }

    /// Rows of all ranks, by rank; each may have another number of them, even none.
    ///
    /// - Parameter rows: `[n, E]`, with one E on all ranks.
    package func gather(rows: Tensor) throws -> Tensor {
        guard size > 1 else { return rows }
        let shape = rows.shape
        let counts = try gather(shape[0])
        let height = counts.max() ?? 0
        guard height > 0 else { return rows }
        let padded = Tensor.full(
            [height, shape[1]], 0, dtype: rows.dtype, device: rows.device)
        if shape[0] > 0 {
            withoutGradient { padded.sliced(0..<shape[0], dimension: 0).copy(from: rows) }
        }
        let all = try gather(padded)
        return Tensor.concatenated(
            counts.enumerated().filter { $0.element > 0 }.map { rank, count in
                all.sliced(rank * height..<rank * height + count, dimension: 0)
            }, dimension: 0)
    }
}
