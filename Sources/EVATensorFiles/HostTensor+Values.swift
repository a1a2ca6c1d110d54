extension HostTensor {
    /// The elements in row-major order.
    ///
    /// - Parameter type: The Swift type that stores this tensor's element type.
    /// - Returns: `elementCount` numbers.
    /// - Throws: `TensorFileError` when the tensor's element type is another.
    public func values<Element: TensorElement>(
        as type: Element.Type = Element.self
    ) throws -> [Element] {
        guard elementType == Element.elementType else {
            throw TensorFileError(
                .wrongType, path: "",
                "expected elements of type \(Element.elementType), got \(elementType)")
        }
        return withUnsafeBytes { Self.copy($0, count: elementCount) }
    }

    /// The elements of a floating-point tensor in single precision, in row-major order.
    ///
    /// Exact for float16, bfloat16 and float32; float64 is rounded to nearest.
    ///
    /// - Returns: `elementCount` numbers.
    /// - Throws: `TensorFileError` when the elements are no floating-point numbers.
    public func floats() throws -> [Float] {
        let count = elementCount
        switch elementType {
        case .float32:
            return withUnsafeBytes { Self.copy($0, count: count) }
        case .float16:
            return withUnsafeBytes { Self.convert($0, count: count) { Float(half: $0) } }
        case .bfloat16:
            return withUnsafeBytes { Self.convert($0, count: count) { Float(brain: $0) } }
        case .float64:
            return withUnsafeBytes { Self.convert($0, count: count) { (x: Double) in Float(x) } }
        default:
            throw TensorFileError(
                .wrongType, path: "", "expected floating-point numbers, got \(elementType)")
        }
    }

    private static func copy<Element: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, count: Int
    ) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            initialized = count
        }
    }

    private static func convert<Source: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, count: Int, _ transform: (Source) -> Float
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                let source = bytes.loadUnaligned(
                    fromByteOffset: index * MemoryLayout<Source>.stride, as: Source.self)
                buffer[index] = transform(source)
            }
            initialized = count
        }
    }
}

extension Float {
    /// The number that a bfloat16 bit pattern stands for.
    init(brain bits: UInt16) {
        self.init(bitPattern: UInt32(bits) << 16)
    }

    /// The number that a float16 bit pattern stands for, payloads of NaN included.
    ///
    /// Plain arithmetic, so that loops over it are vectorised: moving the exponent and fraction to
    /// their place in a single leaves the exponent 112 too small, which one exact product repairs,
    /// subnormal numbers included.
    init(half bits: UInt16) {
        let magnitude = UInt32(bits & 0x7FFF)
        let scaled = Float(bitPattern: magnitude << 13) * Float(bitPattern: 0x7780_0000)
        let special: UInt32 = magnitude >= 0x7C00 ? 0x7F80_0000 : 0
        self.init(bitPattern: scaled.bitPattern | special | UInt32(bits & 0x8000) << 16)
    }
}
