internal import Libz

/// Unpacks a gzip file from front to back; used by one thread at a time.
///
/// Members that follow each other are one content, as `gzip` has it, and what follows the last and is
/// no gzip is passed over.
final class GzipUnpacker {
    /// What every gzip file begins with.
    static let magic: [UInt8] = [0x1F, 0x8B]

    private static let inputSize = 1 << 18
    // The largest window, and gzip's header instead of zlib's.
    private static let gzipWindow: Int32 = 15 + 16

    private let file: ByteSource
    private let stream: UnsafeMutablePointer<z_stream>
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputSize, alignment: 1)
    private var position = 0
    private var isAtEnd = false
    // What was unpacked before a fault is delivered first.
    private var fault: DataError?

    /// - Parameters:
    ///   - file: The packed bytes.
    ///   - beginning: Those of them that were read already.
    /// - Throws: `DataError` when no memory is left.
    init(_ file: ByteSource, beginning: UnsafeRawBufferPointer) throws(DataError) {
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard
            inflateInit2_(
                stream, Self.gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            stream.pointee.state = nil
            throw DataError(file.name, "cannot be unpacked: no memory is left")
        }
        input.copyMemory(from: beginning)
        position = beginning.count
        stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(beginning.count)
    }

    deinit {
        if stream.pointee.state != nil { inflateEnd(stream) }
        stream.deallocate()
        input.deallocate()
    }

    /// Unpacks the next bytes.
    ///
    /// - Parameters:
    ///   - output: Receives them.
    ///   - offset: How many unpacked bytes were taken before, for errors.
    /// - Returns: How many there are; 0 at the end.
    /// - Throws: `DataError` when the file cannot be read, is damaged, or cut short.
    func unpack(into output: UnsafeMutableRawBufferPointer, at offset: Int) throws(DataError) -> Int
    {
        if let fault { throw fault }
        let memory = output.bindMemory(to: UInt8.self)
        stream.pointee.next_out = memory.baseAddress
        stream.pointee.avail_out = UInt32(memory.count)
        func produced() -> Int { memory.count - Int(stream.pointee.avail_out) }
        while !isAtEnd, produced() == 0 {
            if stream.pointee.avail_in == 0 { try load() }
            let isEmpty = stream.pointee.avail_in == 0
            let status = inflate(stream, Z_NO_FLUSH)
            switch status {
            case Z_STREAM_END:
                try beginNextMember()
            case Z_OK where !isEmpty || produced() > 0:
                continue
            default:
                let reason =
                    isEmpty
                    ? "the gzip file ends early; it may be cut short"
                    : "damaged gzip content: "
                        + (stream.pointee.msg.map { String(cString: $0) } ?? "unknown")
                let fault = DataError(
                    file.name, "unpacked byte \(offset + produced()): \(reason)")
                self.fault = fault
                guard produced() > 0 else { throw fault }
            }
        }
        return produced()
    }

    private func beginNextMember() throws(DataError) {
        if stream.pointee.avail_in < Self.magic.count { try load() }
        let rest = UnsafeBufferPointer(
            start: stream.pointee.next_in, count: Int(stream.pointee.avail_in))
        if rest.starts(with: Self.magic) {
            inflateReset(stream)
        } else {
            isAtEnd = true
        }
    }

    /// Adds what follows in the file to the input that is left.
    private func load() throws(DataError) {
        let left = Int(stream.pointee.avail_in)
        if left > 0, let next = stream.pointee.next_in {
            input.baseAddress?.copyMemory(from: next, byteCount: left)
        }
        let got = try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: input[left...]), at: position)
        position += got
        stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(left + got)
    }
}
