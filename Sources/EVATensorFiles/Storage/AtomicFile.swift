import Glibc

/// Writes a file so that its path holds either the whole new content or the whole old one.
///
/// The content goes to a temporary name in the same folder, is forced to the device, and takes the
/// path by renaming; on any error the temporary file is removed and the old file is untouched.
package enum AtomicFile {
    /// Writes a small file that is at hand as a whole.
    @discardableResult
    package static func write(_ bytes: [UInt8], to path: String) throws -> SHA256Digest {
        try write(to: path) { output in try output.write(bytes) }
    }

    /// Writes a small text file.
    @discardableResult
    package static func write(_ text: String, to path: String) throws -> SHA256Digest {
        try write(Array(text.utf8), to: path)
    }

    /// Writes a file piece by piece.
    ///
    /// - Parameters:
    ///   - path: The file to make or replace; a symbolic link stays and its target is replaced.
    ///   - body: Writes the content; what it throws ends the writing.
    /// - Returns: The digest of the content.
    /// - Throws: `TensorFileError`, or what the closure throws.
    @discardableResult
    package static func write(
        to path: String, _ body: (FileOutput) throws -> Void
    ) throws -> SHA256Digest {
        let target = try resolve(path)
        let temporary = TemporaryName.beside(target)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw TensorFileError.writing(path, errno: errno) }
        let digest: SHA256Digest
        do {
            defer { close(descriptor) }
            let output = FileOutput(descriptor: descriptor, path: path)
            try body(output)
            digest = try output.finish()
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, target) == 0 else {
            let code = errno
            unlink(temporary)
            throw TensorFileError.writing(path, errno: code)
        }
        try synchronizeFolder(of: target)
        return digest
    }

    /// Forces a folder's list of names to the device.
    static func synchronizeFolder(of path: String) throws(TensorFileError) {
        let folder = TemporaryName.folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .writing(folder, errno: errno) }
        defer { close(descriptor) }
        // Some network file systems have no such call for folders and say EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw .writing(folder, errno: errno)
        }
    }

    /// Follows symbolic links, and makes sure that only a plain file can be replaced.
    private static func resolve(_ path: String) throws(TensorFileError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            // A link to nothing is replaced by the file; other faults show when it is created.
            return path
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no plain file"
            throw TensorFileError(
                .notAFile, path: path, "is \(kind); give the path of a file to write")
        }
        guard let resolved = realpath(path, nil) else { throw .writing(path, errno: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
