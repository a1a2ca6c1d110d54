/// A tensor in host memory: dense, row-major, little-endian bytes that are never changed.
///
/// The bytes are either its own or a slice of a memory-mapped file, which the tensor keeps mapped.
public struct HostTensor: Sendable {
    private enum Storage {
        case owned([UInt8])
        case mapped(MappedFile, Range<Int>)
        case held(HostMemory, Range<Int>)
    }

    /// The number format of the elements.
    public let elementType: ElementType
    /// Sizes of the dimensions, outermost first; empty for a single number.
    public let shape: [Int]
    private let storage: Storage

    /// The product of the sizes.
    public var elementCount: Int { byteCount / elementType.byteCount }

    /// Bytes that the elements take.
    public var byteCount: Int {
        switch storage {
        case .owned(let bytes): bytes.count
        case .mapped(_, let range), .held(_, let range): range.count
        }
    }

    /// Makes a tensor from numbers in row-major order; traps when their count contradicts the shape.
    ///
    /// - Parameters:
    ///   - values: The elements.
    ///   - shape: Sizes of the dimensions, outermost first.
    public init<Element: TensorElement>(_ values: [Element], shape: [Int]) {
        self.init(
            elementType: Element.elementType, shape: shape,
            bytes: values.withUnsafeBytes { [UInt8]($0) })
    }

    /// Makes a tensor from raw little-endian bytes; traps when their count contradicts the shape.
    ///
    /// - Parameters:
    ///   - elementType: The number format of the elements.
    ///   - shape: Sizes of the dimensions, outermost first.
    ///   - bytes: The elements in row-major order.
    public init(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
        guard elementType.byteCount(ofShape: shape) == bytes.count else {
            fatalError(
                "HostTensor: \(bytes.count) bytes given for \(elementType) of shape \(shape)")
        }
        self.elementType = elementType
        self.shape = shape
        storage = .owned(bytes)
    }

    /// Makes a tensor whose bytes a closure fills in completely.
    ///
    /// - Parameters:
    ///   - elementType: The number format of the elements.
    ///   - shape: Sizes of the dimensions, outermost first.
    ///   - fill: Receives uninitialised memory of exactly the tensor's size.
    /// - Throws: What the closure throws.
    public init(
        elementType: ElementType, shape: [Int],
        filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows {
        guard let count = elementType.byteCount(ofShape: shape) else {
            fatalError("HostTensor: no memory can hold \(elementType) of shape \(shape)")
        }
        self.elementType = elementType
        self.shape = shape
        storage = .owned(
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                try fill(
                    UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
                initialized = count
            })
    }

    /// Makes a tensor of a slice of memory that several share.
    ///
    /// - Parameter start: the first byte; traps where the tensor does not lie in the memory.
    package init(elementType: ElementType, shape: [Int], memory: HostMemory, start: Int) {
        guard let count = elementType.byteCount(ofShape: shape), start >= 0,
            start + count <= memory.count
        else { fatalError("HostTensor: shape \(shape) at byte \(start) is not in the memory") }
        self.elementType = elementType
        self.shape = shape
        storage = .held(memory, start..<start + count)
    }

    /// Makes a tensor of a slice of a mapped file, whose bounds and size the reader has checked.
    init(elementType: ElementType, shape: [Int], file: MappedFile, range: Range<Int>) {
        guard range.lowerBound >= 0, range.upperBound <= file.count,
            elementType.byteCount(ofShape: shape) == range.count
        else {
            fatalError(
                "HostTensor: \(elementType) of shape \(shape) is not bytes \(range) of \(file.path)"
            )
        }
        self.elementType = elementType
        self.shape = shape
        storage = .mapped(file, range)
    }

    /// The same bytes under another shape, whose count of elements must be the same.
    package func reshaped(_ shape: [Int]) -> HostTensor {
        switch storage {
        case .owned(let bytes): HostTensor(elementType: elementType, shape: shape, bytes: bytes)
        case .mapped(let file, let range):
            HostTensor(elementType: elementType, shape: shape, file: file, range: range)
        case .held(let memory, let range):
            HostTensor(
                elementType: elementType, shape: shape, memory: memory, start: range.lowerBound)
        }
    }

    /// Some elements of the tensor, flat: a slice of the same bytes where they follow each other.
    package func elements(in piece: TensorPiece) -> HostTensor {
        guard let run = piece.runs.first, run.count == piece.count else {
            return HostTensor(elementType: elementType, shape: [piece.count]) { target in
                withUnsafeBytes { bytes in
                    _ = piece.copy(
                        from: TensorPiece(of: shape), bytes, into: target,
                        stride: elementType.byteCount)
                }
            }
        }
        let flat = reshaped([elementCount])
        return flat.rows(run.whole..<run.whole + run.count)
    }

    /// Some of the parts that lie one after another along the first dimension, which must exist.
    package func rows(_ rows: Range<Int>) -> HostTensor {
        let size = byteCount / max(1, shape[0])
        let range = rows.lowerBound * size..<rows.upperBound * size
        let shape = [rows.count] + shape.dropFirst()
        return switch storage {
        case .owned(let bytes):
            HostTensor(elementType: elementType, shape: shape, bytes: Array(bytes[range]))
        case .mapped(let file, let whole):
            HostTensor(
                elementType: elementType, shape: shape, file: file,
                range: whole.lowerBound + range.lowerBound..<whole.lowerBound + range.upperBound)
        case .held(let memory, let whole):
            HostTensor(
                elementType: elementType, shape: shape, memory: memory,
                start: whole.lowerBound + range.lowerBound)
        }
    }

    /// Gives access to the bytes; the pointer is valid inside the closure only and may be unaligned.
    ///
    /// - Parameter body: Receives exactly `byteCount` bytes.
    /// - Returns: What the closure returns.
    /// - Throws: What the closure throws.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        switch storage {
        case .owned(let bytes): try bytes.withUnsafeBytes(body)
        case .mapped(let file, let range):
            try file.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        case .held(let memory, let range):
            try memory.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
    }

    /// Tells the system that the bytes of a mapped tensor are not needed for now.
    package func releasePages() {
        if case .mapped(let file, let range) = storage { file.releasePages(in: range) }
    }
}
