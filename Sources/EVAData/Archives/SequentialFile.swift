internal import Glibc
internal import Libz

/// A file read from front to back in bounded memory, unpacked on the way where it is gzip.
///
/// Gzip is recognised by its content, so the name of a file does not matter. Positions count the
/// unpacked bytes. Used by one thread at a time.
package final class SequentialFile {
    /// The path that was opened.
    package let path: String
    /// How many bytes were taken or passed over.
    package private(set) var offset = 0
    /// Whether the file is not packed, so that passing over bytes costs nothing.
    package let isPlain: Bool
    private let size: Int
    private let file: gzFile
    // Where lines are read to.
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)

    private static let bufferSize: UInt32 = 1 << 17

    /// Opens a file.
    ///
    /// - Throws: `DataError` when it is missing, no plain file, or cannot be read.
    package init(path: String) throws(DataError) {
        // Without O_NONBLOCK a pipe would keep the program waiting for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw DataError(path, "is no plain file; expected one")
        }
        guard let file = gzdopen(descriptor, "rb") else {
            close(descriptor)
            throw DataError(path, "cannot be opened: no memory is left")
        }
        gzbuffer(file, Self.bufferSize)
        self.path = path
        self.file = file
        size = Int(status.st_size)
        isPlain = gzdirect(file) != 0
    }

    deinit { gzclose_r(file) }

    /// Takes the next bytes.
    ///
    /// - Parameter count: How many are wanted.
    /// - Returns: As many; fewer at the end of the file only.
    /// - Throws: `DataError` when the file cannot be read, or is damaged or cut short as gzip.
    package func read(upTo count: Int) throws(DataError) -> [UInt8] {
        // What a damaged length asks for is not there, so memory grows with what is read.
        var bytes: [UInt8] = []
        while bytes.count < count {
            let wanted = min(count - bytes.count, max(1 << 20, bytes.count))
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: wanted))
            let got = bytes.withUnsafeMutableBytes {
                gzread(file, $0.baseAddress?.advanced(by: start), UInt32(min(wanted, 1 << 30)))
            }
            bytes.removeLast(wanted - max(Int(got), 0))
            try check(got)
            if got == 0 { break }
        }
        offset += bytes.count
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
        while true {
            // The line may hold zeros, so its length is how far the reading went.
            let start = gztell(file)
            let isRead = chunk.withUnsafeMutableBytes {
                gzgets(file, $0.baseAddress, Int32($0.count)) != nil
            }
            let got = Int(gztell(file) - start)
            guard isRead, got > 0 else {
                try check(0)
                return length > 0 ? length : nil
            }
            offset += got
            let isEnded = chunk[got - 1] == UInt8(ascii: "\n")
            let content = isEnded ? got - 1 : got
            if length < limit { line.append(contentsOf: chunk[..<min(content, limit - length)]) }
            length += content
            if isEnded { return length }
        }
    }

    /// Passes over bytes.
    ///
    /// - Throws: `DataError` when the file ends before, or as `read(upTo:)`.
    package func skip(_ count: Int) throws(DataError) {
        guard count > 0 else { return }
        if isPlain {
            guard offset <= size, count <= size - offset else { throw ended() }
        }
        var rest = count
        while rest > 0 {
            let step = min(rest, 1 << 30)
            if isPlain {
                guard gzseek(file, step, SEEK_CUR) >= 0 else { throw Self.unreadable(path) }
                offset += step
                rest -= step
            } else {
                let got = try read(upTo: min(step, Int(Self.bufferSize))).count
                guard got > 0 else { throw ended() }
                rest -= got
            }
        }
    }

    private func ended() -> DataError {
        DataError(path, "byte \(offset): the file ends early; it may be cut short")
    }

    private func check(_ got: Int32) throws(DataError) {
        var code: Int32 = Z_OK
        let text = gzerror(file, &code)
        // What was unpacked before the fault is delivered first.
        guard got < 0 || got == 0 && code != Z_OK && code != Z_STREAM_END else { return }
        if code == Z_ERRNO { throw Self.unreadable(path) }
        let reason =
            code == Z_BUF_ERROR
            ? "the gzip file ends early; it may be cut short"
            : "damaged gzip content: \(text.map { String(cString: $0) } ?? "unknown")"
        throw DataError(path, "unpacked byte \(offset): \(reason)")
    }

    private static func unreadable(_ path: String) -> DataError {
        DataError(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
}
