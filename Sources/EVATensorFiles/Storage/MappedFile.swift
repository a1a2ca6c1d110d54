import Glibc

/// A whole file mapped into memory for reading; unmapped when the last user lets go of it.
///
/// The bytes are those of the file: a program that shortens the file in place while it is mapped
/// takes them away, and ``MappingGuard`` then ends the program. Files written by this package are
/// replaced by renaming, which is safe.
package final class MappedFile: Sendable {
    /// The path that was opened.
    package let path: String
    // Immutable memory, valid until `deinit`.
    private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// The file's length in bytes.
    package var count: Int { bytes.count }

    /// Maps a file.
    ///
    /// - Throws: `TensorFileError` when the path is missing, is no plain file, or cannot be read.
    package init(path: String) throws(TensorFileError) {
        // Without O_NONBLOCK a pipe would keep the program waiting for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .reading(path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .reading(path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no plain file"
            throw TensorFileError(.notAFile, path: path, "is \(kind); expected a file")
        }
        let count = Int(status.st_size)
        self.path = path
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
            start != MAP_FAILED
        else { throw .reading(path, errno: errno) }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        MappingGuard.add(bytes, path: path)
    }

    deinit {
        if let start = bytes.baseAddress {
            MappingGuard.remove(bytes)
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }

    /// Gives access to the whole file; the pointer is valid inside the closure only.
    package func withUnsafeBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    /// Lets the system forget the pages that lie wholly in a range; they come back when touched.
    ///
    /// Keeps the resident memory of a pass over a large file small.
    func releasePages(in range: Range<Int>) {
        guard let start = bytes.baseAddress else { return }
        let page = Int(getpagesize())
        let lower = (range.lowerBound + page - 1) / page * page
        let upper = range.upperBound / page * page
        guard upper > lower else { return }
        madvise(UnsafeMutableRawPointer(mutating: start + lower), upper - lower, MADV_DONTNEED)
    }
}
