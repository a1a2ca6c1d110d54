internal import CTorchMemory
internal import Dispatch

/// A matrix of floating-point numbers in host memory, part or all of which becomes a tensor.
///
/// The bytes may be of another format than the tensor, transposed, and aligned to nothing, as they
/// are in mapped files of weights. Nothing is copied in between.
package struct HostCopy {
    /// What gets the numbers: a contiguous CPU tensor in fp32, bf16 or fp16.
    private let target: Tensor
    private let source: Source
    /// The part of the source that is taken.
    private let rows: Range<Int>
    private let columns: Range<Int>
    private let isTransposed: Bool

    /// A matrix in host memory, row after row.
    package struct Source: Sendable {
        /// Gives access to the bytes, on any thread.
        package let bytes: @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void
        package let dtype: DType
        package let rowCount: Int
        package let columnCount: Int

        package init(
            dtype: DType, rowCount: Int, columnCount: Int,
            bytes: @escaping @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void
        ) {
            self.bytes = bytes
            self.dtype = dtype
            self.rowCount = rowCount
            self.columnCount = columnCount
        }
    }

    /// - Parameters:
    ///   - target: has as many elements as the part, in row-major order of the part or, if
    ///     transposed, of the part's transpose.
    ///   - source: where the numbers are.
    ///   - rows: the rows to take.
    ///   - columns: the columns to take.
    ///   - isTransposed: whether the target's rows are the source's columns.
    package init(
        into target: Tensor, from source: Source, rows: Range<Int>, columns: Range<Int>,
        isTransposed: Bool = false
    ) {
        guard target.device == .cpu && target.isContiguous || FailureScope.hasFailed,
            target.count == rows.count * columns.count,
            rows.upperBound <= source.rowCount, columns.upperBound <= source.columnCount
        else {
            fatalError(
                "HostCopy into \(target): needs a contiguous CPU tensor of the elements in rows "
                    + "\(rows), columns \(columns) of \(source.rowCount) x \(source.columnCount)")
        }
        self.target = target
        self.source = source
        self.rows = rows
        self.columns = columns
        self.isTransposed = isTransposed
    }

    /// Bytes of the source that are copied.
    package var byteCount: Int { rows.count * columns.count * source.dtype.byteCount }

    /// Carries copies out, on as many threads as one operator may use.
    package static func run(_ copies: [HostCopy]) {
        guard !FailureScope.hasFailed else { return }
        let blocks = copies.flatMap { $0.blocks() }
        let threadCount = min(max(1, Runtime.threadCount), blocks.count)
        // The targets' memory must outlive the threads that write to it.
        withExtendedLifetime(copies) {
            DispatchQueue.concurrentPerform(iterations: threadCount) { thread in
                for index in stride(from: thread, to: blocks.count, by: threadCount) {
                    blocks[index].copy()
                }
            }
        }
    }

    /// Bytes of the source that one thread copies at a time.
    private static let blockBytes = 4 << 20

    private func blocks() -> [Block] {
        guard !rows.isEmpty, !columns.isEmpty else { return [] }
        // Rows that follow each other without a gap are one long row, which a vector is in any case.
        let isFlat = !isTransposed && columns.count == source.columnCount
        let elementSize = source.dtype.byteCount
        let rowCount = isFlat ? rows.count * columns.count : rows.count
        let columnCount = isFlat ? 1 : columns.count
        let sourceStride = isFlat ? 1 : source.columnCount
        let start = (rows.lowerBound * source.columnCount + columns.lowerBound) * elementSize
        let step = max(32, HostCopy.blockBytes / (columnCount * elementSize))
        guard let sourceType = source.dtype.element, let targetType = target.dtype.element else {
            fatalError("elements of \(source.dtype) are not copied into \(target)")
        }
        let types = (source: sourceType, target: targetType)
        return target.withMutableHostBytes { memory in
            stride(from: 0, to: rowCount, by: step).map { first in
                let count = min(step, rowCount - first)
                let targetStart = first * (isTransposed ? 1 : columnCount) * target.dtype.byteCount
                return Block(
                    source: source.bytes, offset: start + first * sourceStride * elementSize,
                    layout: ct_block(
                        source: nil, source_stride: Int64(isFlat ? count : source.columnCount),
                        source_type: types.source,
                        target: memory.baseAddress.map { $0 + targetStart },
                        target_stride: Int64(
                            isTransposed ? rowCount : isFlat ? count : columnCount),
                        target_type: types.target, rows: Int64(isFlat ? 1 : count),
                        columns: Int64(isFlat ? count : columnCount), transposed: isTransposed))
            }
        }
    }
}

/// What one thread copies at a time.
private struct Block: @unchecked Sendable {
    let source: @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void
    /// Where the block begins in the source.
    let offset: Int
    /// Its target is memory that no other block writes to.
    let layout: ct_block

    func copy() {
        source { bytes in
            var layout = layout
            layout.source = bytes.baseAddress.map { UnsafeRawPointer($0 + offset) }
            guard ct_copy_block(&layout) else {
                fatalError("host memory is not copied into this type of element")
            }
        }
    }
}

extension DType {
    /// The type as the copying function spells it; nil for one that it does not know.
    fileprivate var element: ct_element? {
        switch self {
        case .float32: CT_ELEMENT_FLOAT32
        case .bfloat16: CT_ELEMENT_BFLOAT16
        case .float16: CT_ELEMENT_FLOAT16
        case .float64: CT_ELEMENT_FLOAT64
        case .int64, .int32, .uint8, .bool: nil
        }
    }
}
