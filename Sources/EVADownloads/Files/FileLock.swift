internal import Glibc

/// Keeps a second process, or thread, out for as long as this one is at work.
package final class FileLock {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock, waiting as long as somebody else has it.
    ///
    /// - Parameters:
    ///   - path: The lock's file, made when it is missing and removed after use.
    ///   - shouldStop: Asked again and again while waiting.
    ///   - waiting: Called once where somebody else is at work.
    /// - Throws: `DownloadError` when the file cannot be made or the wait was stopped.
    package init(_ path: String, shouldStop: () -> Bool, waiting: () -> Void)
        throws(DownloadError)
    {
        self.path = path
        var isTold = false
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw Self.failure(path) }
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else {
                    let error = Self.failure(path)
                    close(descriptor)
                    throw error
                }
                if !isTold { waiting() }
                isTold = true
                guard !shouldStop() else {
                    close(descriptor)
                    throw DownloadError(.stopped, path, "stopped while another process is at work")
                }
                usleep(50_000)
            }
            // Whoever had the lock removed its file; then this one locks nothing.
            var ours = stat()
            var named = stat()
            if fstat(descriptor, &ours) == 0, stat(path, &named) == 0, ours.st_ino == named.st_ino {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    private static func failure(_ path: String) -> DownloadError {
        DownloadError(
            .unwritable, path,
            "the file that keeps two downloads apart cannot be made: "
                + String(cString: strerror(errno)))
    }
}
