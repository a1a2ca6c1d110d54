import CFileSystem
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
        try finish(begin(path), at: path, replacing: replacing, body)
    }

    /// Makes the folder under a temporary name, for those who fill it together.
    ///
    /// - Returns: the temporary name, beside the final one.
    /// - Throws: `TensorFileError` when the system refuses.
    package static func begin(_ path: String) throws -> String {
        try recover(path)
        let temporary = TemporaryName.beside(path)
        guard mkdir(temporary, 0o777) == 0 else {
            throw TensorFileError.writing(path, errno: errno)
        }
        return temporary
    }

    /// As `write`, in a folder that was begun.
    package static func finish(
        _ temporary: String, at path: String, replacing: Bool,
        _ body: (String) throws -> Void
    ) throws {
        do {
            try body(temporary)
            try synchronize(temporary)
            if !replacing { try refuseExisting(path) }
            try place(temporary, at: path)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        try AtomicFile.synchronizeFolder(of: path)
    }

    /// Undoes what a process that was killed left of writing a folder: half of a new one goes, an
    /// old one that had given way comes back.
    ///
    /// - Throws: `TensorFileError` when the system refuses.
    package static func recover(_ path: String) throws(TensorFileError) {
        TemporaryName.removeAbandoned(of: path)
        try restore(aside(path), to: path)
    }

    /// As `recover`, for all folders in one that the caller alone writes to.
    package static func recoverAll(inOwn folder: String) throws(TensorFileError) {
        TemporaryName.removeAbandoned(inOwn: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(asidePrefix) {
            try restore(
                "\(folder)/\(name)", to: "\(folder)/\(name.dropFirst(asidePrefix.count))")
        }
    }

    /// Puts a whole folder in its place, from where another may have to go.
    private static func place(_ temporary: String, at path: String) throws {
        switch cfs_exchange(temporary, path) {
        case 0:
            // The old folder has the temporary name now; should this fail, the next one removes it.
            try? FileManager.default.removeItem(atPath: temporary)
        case ENOENT:
            guard rename(temporary, path) == 0 else {
                throw TensorFileError.writing(path, errno: errno)
            }
        case EINVAL, ENOSYS, EOPNOTSUPP:
            // Not every file system can exchange two names.
            try placeInSteps(temporary, at: path)
        case let code:
            throw TensorFileError.writing(path, errno: code)
        }
    }

    /// Takes the name away from the old folder first; between the two steps there is none.
    private static func placeInSteps(_ temporary: String, at path: String) throws {
        let aside = aside(path)
        guard rename(path, aside) == 0 else { throw TensorFileError.writing(path, errno: errno) }
        guard rename(temporary, path) == 0 else {
            let code = errno
            try restore(aside, to: path)
            throw TensorFileError.writing(path, errno: code)
        }
        try? FileManager.default.removeItem(atPath: aside)
    }

    // A name that tells whose place to take again, should the process end before the new folder
    // has come.
    private static let asidePrefix = ".replaced-"

    private static func aside(_ path: String) -> String {
        "\(TemporaryName.folder(of: path))/\(asidePrefix)\(path.split(separator: "/").last ?? "")"
    }

    private static func restore(_ aside: String, to path: String) throws(TensorFileError) {
        var status = stat()
        guard lstat(aside, &status) == 0 else { return }
        if lstat(path, &status) == 0 {
            try? FileManager.default.removeItem(atPath: aside)
        } else if rename(aside, path) != 0 {
            throw TensorFileError.writing(path, errno: errno)
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
