import Foundation
import Glibc

/// Builds a folder under a temporary name and moves it into place when it is whole.
package enum AtomicDirectory {
    /// Makes a folder that is complete from the first moment it can be seen under its name.
    ///
    /// - Parameters:
    ///   - path: The folder to make.
    ///   - replacing: Whether a folder of that name gives way once the new one is whole; where not,
    ///     nothing of that name may exist.
    ///   - body: Fills the folder whose path it receives, which lies beside the final one.
    /// - Throws: `TensorFileError` when something of that name exists or the system refuses; what
    ///   the closure throws. Nothing is left behind then.
    package static func write(
        to path: String, replacing: Bool = false, _ body: (String) throws -> Void
    ) throws {
        if !replacing { try refuseExisting(path) }
        let temporary = TemporaryName.beside(path)
        guard mkdir(temporary, 0o777) == 0 else {
            throw TensorFileError.writing(path, errno: errno)
        }
        do {
            try body(temporary)
            try synchronize(temporary)
            if replacing { try setAside(path) } else { try refuseExisting(path) }
            guard rename(temporary, path) == 0 else {
                let code = errno
                try restoreReplaced(in: TemporaryName.folder(of: path))
                throw TensorFileError.writing(path, errno: code)
            }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        try AtomicFile.synchronizeFolder(of: path)
        try restoreReplaced(in: TemporaryName.folder(of: path))
    }

    // A name that tells whose place to take again, should the process end before the new folder
    // has come. Exchanging two names at once would be simpler, but not every file system can.
    private static let asidePrefix = ".replaced-"

    /// Takes a folder's name away from it, for another that is whole already.
    private static func setAside(_ path: String) throws {
        let folder = TemporaryName.folder(of: path)
        let name = path.split(separator: "/").last ?? ""
        guard rename(path, "\(folder)/\(asidePrefix)\(name)") == 0 || errno == ENOENT else {
            throw TensorFileError.writing(path, errno: errno)
        }
    }

    /// Removes folders that were replaced, and puts those back whose replacement never came.
    ///
    /// - Parameter folder: Where `write` with `replacing` was at work.
    package static func restoreReplaced(in folder: String) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for aside in names where aside.hasPrefix(asidePrefix) {
            let path = "\(folder)/\(aside.dropFirst(asidePrefix.count))"
            if FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: "\(folder)/\(aside)")
            } else if rename("\(folder)/\(aside)", path) != 0 {
                throw TensorFileError.writing(path, errno: errno)
            }
        }
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
