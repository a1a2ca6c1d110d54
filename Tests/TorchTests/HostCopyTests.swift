import Foundation
import Testing
import Torch

@Suite struct HostCopyTests {
    private static let formats: [DType] = [.float32, .bfloat16, .float16, .float64]

    /// Numbers of many sizes, with those that rounding and overflow treat apart.
    private func numbers(_ rows: Int, _ columns: Int) -> Tensor {
        var values: [Float] = (0..<rows * columns).map { index in
            let size = pow(10, Double(index % 13 - 6))
            return Float(sin(Double(index) * 1.7) * size)
        }
        let special: [Float] = [0, -0.0, .infinity, 65519, 65520, 1.00390625, 3e-8]
        values.replaceSubrange(0..<7, with: special)
        return Tensor(values, shape: [rows, columns])
    }

    @Test(
        "Any format at any address becomes what libtorch makes of it", arguments: formats,
        [false, true])
    func conversions(from format: DType, isTransposed: Bool) throws {
        let (rows, columns) = (70, 45)
        let original = numbers(rows, columns).cast(to: format)
        // One byte further than any alignment.
        let bytes = original.withHostBytes { [0] + [UInt8]($0) }
        let source = HostCopy.Source(dtype: format, rowCount: rows, columnCount: columns) { body in
            bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[1...])) }
        }
        let (takenRows, takenColumns) = isTransposed ? (0..<rows, 3..<40) : (3..<69, 0..<columns)
        for target in [DType.float32, .bfloat16, .float16] {
            let shape = [takenRows.count, takenColumns.count]
            let result = Tensor.full(
                isTransposed ? shape.reversed() : shape, -1, dtype: target, device: .cpu)
            HostCopy.run([
                HostCopy(
                    into: result, from: source, rows: takenRows, columns: takenColumns,
                    isTransposed: isTransposed)
            ])
            let part = original.sliced(takenRows, dimension: 0)
                .sliced(takenColumns, dimension: 1).cast(to: target)
            let expected = isTransposed ? part.transposed(0, 1) : part
            #expect(result.floats() == expected.floats(), "\(format) to \(target)")
        }
    }

    @Test("A matrix that is copied in many blocks arrives whole")
    func blocks() throws {
        // 4 MiB are copied at a time.
        let (rows, columns) = (1500, 1031)
        let original = numbers(rows, columns)
        let bytes = original.withHostBytes { [UInt8]($0) }
        let source = HostCopy.Source(
            dtype: .float32, rowCount: rows, columnCount: columns
        ) { body in bytes.withUnsafeBytes(body) }
        for isTransposed in [false, true] {
            let shape = isTransposed ? [columns, rows] : [rows, columns]
            let result = Tensor.full(shape, -1, device: .cpu)
            HostCopy.run([
                HostCopy(
                    into: result, from: source, rows: 0..<rows, columns: 0..<columns,
                    isTransposed: isTransposed)
            ])
            let expected = isTransposed ? original.transposed(0, 1) : original
            #expect(result.isEqual(to: expected).floats().allSatisfy { $0 == 1 })
        }
    }
}
