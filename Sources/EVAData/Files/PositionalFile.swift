internal import Glibc

/// A plain file that is read at positions, by any number of threads.
///
/// Data that a run reads for hours are read so and not through a mapping: a file that is shortened,
/// or whose disk fails, is then an error of the call, which a run can answer by saving itself.
package final class PositionalFile: Sendable {
    /// The path that was opened.
    package let path: String
    /// Bytes of the file when it was opened.
    package let size: Int
    private let descriptor: Int32

    /// Opens a file.
    ///
    /// - Throws: `DataError` when it is missing, no plain file, or cannot be read.
    package init(path: String) throws(DataError) {
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw DataError(path, "is no plain file; expected one")
        }
        self.path = path
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads into memory.
    ///
    /// - Parameters:
    ///   - memory: Receives the bytes.
    ///   - position: Where in the file to begin.
    /// - Returns: How many bytes were read; fewer than the memory has at the end of the file only.
    /// - Throws: `DataError` when the file cannot be read, after trying for a while.
    package func read(into memory: UnsafeMutableRawBufferPointer, at position: Int)
        throws(DataError)
        -> Int
    {
        var done = 0
        while done < memory.count {
            let count = ReadRetry.call(path) {
                let count = pread(
                    descriptor, memory.baseAddress?.advanced(by: done), memory.count - done,
                    position + done)
                if count < 0, errno == ESTALE { reopen() }
                return count
            }
            guard count >= 0 else { throw Self.unreadable(path) }
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    /// The bytes of a range that was in the file when it was opened.
    ///
    /// - Throws: As `read(into:at:)`, and when the file has become shorter.
    package func bytes(_ range: Range<Int>) throws(DataError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        let result = bytes.withUnsafeMutableBytes { memory in fill(memory, at: range.lowerBound) }
        try result.get()
        return bytes
    }

    /// The numbers of a range that was in the file when it was opened, little-endian.
    ///
    /// - Throws: As `bytes(_:)`.
    package func floats(_ range: Range<Int>) throws(DataError) -> [Float] {
        var numbers = [Float](repeating: 0, count: range.count / MemoryLayout<Float>.stride)
        let result = numbers.withUnsafeMutableBytes { memory in fill(memory, at: range.lowerBound) }
        try result.get()
        return numbers
    }

    private func fill(_ memory: UnsafeMutableRawBufferPointer, at position: Int)
        -> Result<Void, DataError>
    {
        do throws(DataError) {
            guard try read(into: memory, at: position) == memory.count else {
                return .failure(
                    DataError(
                        path,
                        "has become shorter than the \(size) bytes it had; it was changed while it "
                            + "was being read"))
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Opens the path anew under the same descriptor, which the server of the file has forgotten.
    private func reopen() {
        let code = errno
        let fresh = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if fresh >= 0 {
            dup2(fresh, descriptor)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            close(fresh)
        }
        errno = code
    }

    private static func open(_ path: String) -> Int32 {
        // Without O_NONBLOCK a pipe would keep the program waiting for a writer.
        Int32(ReadRetry.call(path) { Int(Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) })
    }

    private static func unreadable(_ path: String) -> DataError {
        DataError(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
}
