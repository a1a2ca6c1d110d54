internal import Glibc
internal import Libz

/// A file read from front to back in bounded memory, unpacked on the way where it is gzip.
///
/// Gzip is recognised by its content, so the name of a file does not matter. Positions count the
/// unpacked bytes. Used by one thread at a time.
package final class SequentialFile {
    /// The path that was opened.
    package var path: String { source.name }
    /// How many bytes were taken or passed over.
    package private(set) var offset = 0
    /// Whether the file is not packed, so that passing over bytes costs nothing.
    package let isPlain: Bool

    private static let bufferSize = 1 << 17

    private let source: ByteSource
    private let unpacker: GzipUnpacker?
    // Where in the file the reading of a plain one goes on.
    private var position: Int
    // Unpacked bytes, of which those from `start` to `end` were not taken yet.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 1)
    private var start = 0
    private var end = 0

    /// Opens a file.
    ///
    /// - Throws: `DataError` when it is missing, no plain file, or cannot be read.
    package convenience init(path: String) throws(DataError) {
        try self.init(.file(PositionalFile(path: path)))
    }

    /// Reads a file that is open.
    ///
    /// - Throws: `DataError` when it cannot be read.
    package init(_ source: ByteSource) throws(DataError) {
        self.source = source
        let count = try source.read(into: buffer, at: 0)
        position = count
        let beginning = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        isPlain = !beginning.starts(with: GzipUnpacker.magic)
        if isPlain {
            unpacker = nil
            end = count
        } else {
            unpacker = try GzipUnpacker(source, beginning: beginning)
        }
    }

    deinit { buffer.deallocate() }

    /// Takes the next bytes.
    ///
    /// - Parameter count: How many are wanted.
    /// - Returns: As many; fewer at the end of the file only.
    /// - Throws: `DataError` when the file cannot be read, or is damaged or cut short as gzip.
    package func read(upTo count: Int) throws(DataError) -> [UInt8] {
        // What a damaged length asks for is not there, so memory grows with what is read.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, 1 << 20))
        while bytes.count < count, try fill() {
            let step = min(count - bytes.count, end - start)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[start..<start + step]))
            take(step)
        }
        return bytes
    }

    /// Appends the next line, without its line feed.
    ///
    /// - Parameters:
    ///   - line: Receives the line.
    ///   - limit: The most bytes of the line that are kept; the rest is passed over.
    /// - Returns: How many bytes the line has, kept or not; `nil` at the end of the file.
    /// - Throws: As `read(upTo:)`.
    package func readLine(into line: inout [UInt8], limit: Int) throws(DataError) -> Int? {
        var length = 0
        var isAny = false
        while try fill() {
            isAny = true
            let waiting = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
            let lineFeed = waiting.baseAddress.flatMap { base in
                memchr(base, Int32(UInt8(ascii: "\n")), waiting.count).map { base.distance(to: $0) }
            }
            let content = lineFeed ?? waiting.count
            if length < limit {
                line.append(
                    contentsOf: UnsafeRawBufferPointer(
                        rebasing: waiting[..<min(content, limit - length)]))
            }
            length += content
            take(content + (lineFeed == nil ? 0 : 1))
            if lineFeed != nil { return length }
        }
        return isAny ? length : nil
    }

    /// Passes over bytes.
    ///
    /// - Throws: `DataError` when the file ends before, or as `read(upTo:)`.
    package func skip(_ count: Int) throws(DataError) {
        guard count > 0 else { return }
        if isPlain, let size = source.size {
            guard offset <= size, count <= size - offset else { throw ended() }
            let waiting = min(count, end - start)
            take(waiting)
            position += count - waiting
            offset += count - waiting
            return
        }
        var rest = count
        while rest > 0 {
            guard try fill() else { throw ended() }
            let step = min(rest, end - start)
            take(step)
            rest -= step
        }
    }

    private func take(_ count: Int) {
        start += count
        offset += count
    }

    /// Sees to it that there are bytes to take; false at the end of the file.
    private func fill() throws(DataError) -> Bool {
        guard start == end else { return true }
        start = 0
        end = 0
        if let unpacker {
            end = try unpacker.unpack(into: buffer, at: offset)
        } else {
            end = try source.read(into: buffer, at: position)
            position += end
        }
        return end > 0
    }

    private func ended() -> DataError {
        DataError(path, "byte \(offset): the file ends early; it may be cut short")
    }
}
