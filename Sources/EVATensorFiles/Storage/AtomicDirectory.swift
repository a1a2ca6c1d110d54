import Foundation
import Glibc

/// Builds a folder under a temporary name and moves it into place when it is whole.
package enum AtomicDirectory {
    /// Makes a folder that is complete from the first moment it can be seen under its name.
    ///
    /// - Parameters:
    ///   - path: The folder to make; nothing of that name may exist.
    ///   - body: Fills the folder whose path it receives, which lies beside the final one.
    /// - Throws: `TensorFileError` when something of that name exists or the system refuses; what
    ///   the closure throws. Nothing is left behind then.
    package static func write(to path: String, _ body: (String) throws -> Void) throws {
        try refuseExisting(path)
        let temporary = TemporaryName.beside(path)
        guard mkdir(temporary, 0o777) == 0 else {
            throw TensorFileError.writing(path, errno: errno)
        }
        do {
            try body(temporary)
            try synchronize(temporary)
            try refuseExisting(path)
            guard rename(temporary, path) == 0 else {
                throw TensorFileError.writing(path, errno: errno)
            }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        try AtomicFile.synchronizeFolder(of: path)
    }

    private static func refuseExisting(_ path: String) throws(TensorFileError) {
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw TensorFileError(
                .alreadyExists, path: path,
                "already exists and is not replaced; remove it or choose another name")
        }
    }

    /// Forces every file and folder below a path, and the path itself, to the device.
    private static func synchronize(_ folder: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) + ["."] {
            let item = "\(folder)/\(name)"
            let descriptor = open(item, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if descriptor < 0, errno == ELOOP { continue }
            guard descriptor >= 0 else { throw TensorFileError.writing(item, errno: errno) }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 || errno == EINVAL else {
                throw TensorFileError.writing(item, errno: errno)
            }
        }
    }
}
