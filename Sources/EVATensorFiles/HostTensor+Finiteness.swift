extension HostTensor {
    /// The position of the first element that is infinite or not a number, in row-major order; nil
    /// when there is none or the elements are whole numbers.
    package var firstNonFiniteIndex: Int? {
        withUnsafeBytes { bytes in
            switch elementType {
            case .float64: Self.search(bytes, exponent: 0x7FF0_0000_0000_0000 as UInt64)
            case .float32: Self.search(bytes, exponent: 0x7F80_0000 as UInt32)
            case .float16: Self.search(bytes, exponent: 0x7C00 as UInt16)
            case .bfloat16: Self.search(bytes, exponent: 0x7F80 as UInt16)
            default: nil
            }
        }
    }

    /// A number is not finite when all bits of its exponent are set.
    private static func search<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, exponent: Bits
    ) -> Int? {
        let size = MemoryLayout<Bits>.size
        let count = bytes.count / size
        func bits(_ index: Int) -> Bits {
            bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self) & exponent
        }
        // Without a way out the inner loop runs over whole vectors.
        for start in stride(from: 0, to: count, by: 4096) {
            let block = start..<min(start + 4096, count)
            var found = false
            for index in block { found = found || bits(index) == exponent }
            if found { return block.first { bits($0) == exponent } }
        }
        return nil
    }
}
