internal import Glibc

/// Lists folders in the order of their names' bytes, the same on every file system.
package enum FolderReader {
    /// What a folder holds, links followed, hidden names included.
    struct Content {
        var folders: [String] = []
        var files: [String] = []
    }

    /// Whether a path leads to a folder.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether something lies at a path, links followed.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// The names in one folder.
    ///
    /// - Throws: `DataError` when the path is no folder that can be read, or a name is no UTF-8.
    static func content(of path: String) throws(DataError) -> Content {
        guard let stream = opendir(path) else {
            throw DataError(path, "cannot be read as a folder: \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        var content = Content()
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    String(validatingCString: $0) ?? ""
                }
            }
            // A repaired name would be that of another file, or of none.
            guard !name.isEmpty else {
                let shown = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                throw DataError(
                    path, "holds '\(shown)', whose name is not UTF-8; rename or remove it")
            }
            guard name != ".", name != ".." else { continue }
            var status = stat()
            // A link that leads nowhere is left out, as the original does.
            guard stat(path + "/" + name, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: content.folders.append(name)
            case S_IFREG: content.files.append(name)
            default: break
            }
        }
        content.folders.sort(by: byBytes)
        content.files.sort(by: byBytes)
        return content
    }

    /// The plain files below a folder, folder by folder, links followed but never in a circle.
    ///
    /// - Throws: `DataError` when a folder cannot be read.
    package static func files(below path: String) throws(DataError) -> [String] {
        var found: [(folder: String, files: [String])] = []
        try visit(path, ancestors: [], into: &found)
        found.sort { byBytes($0.folder, $1.folder) }
        return found.flatMap { folder, files in files.map { folder + "/" + $0 } }
    }

    /// Compares as C does, byte by byte; Swift's own order of strings is another.
    static func byBytes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private struct Identity: Equatable {
        let device: UInt64
        let number: UInt64
    }

    private static func visit(
        _ path: String, ancestors: [Identity], into found: inout [(folder: String, files: [String])]
    ) throws(DataError) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        let identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
        guard !ancestors.contains(identity) else { return }
        let content = try content(of: path)
        found.append((path, content.files))
        for folder in content.folders {
            try visit(path + "/" + folder, ancestors: ancestors + [identity], into: &found)
        }
    }
}
