internal import Foundation
internal import Glibc

/// Unpacks the files and folders of a tar archive into a folder.
///
/// Nothing is written outside the folder: a name that leads out of it stops the unpacking, and so
/// does a link or a device. Files that are already there with the same size are passed over, so that
/// an unpacking that was broken off goes on where it was.
package struct TarExtractor {
    private let folder: String
    private let root: String?
    private let manager = FileManager.default

    /// - Parameters:
    ///   - folder: Where to unpack; made when it is missing.
    ///   - root: The archive's outermost folder, left away from all names that begin with it.
    package init(into folder: String, leavingAway root: String? = nil) {
        self.folder = folder
        self.root = root
    }

    /// Unpacks an archive.
    ///
    /// - Parameters:
    ///   - path: The archive.
    ///   - shouldStop: Asked before each member; true ends the work and leaves what is there.
    ///   - progress: Told the position in the archive at each member.
    /// - Returns: The number of files in the archive; nil where the work was stopped.
    /// - Throws: `DataError` when the archive is damaged or a file cannot be written.
    package func unpack(
        _ path: String, shouldStop: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
    ) throws(DataError) -> Int? {
        let archive = try TarReader(path: path)
        try makeFolder(folder)
        var count = 0
        while let member = try archive.next() {
            guard !shouldStop() else { return nil }
            progress(member.offset)
            let parts = try parts(of: member, in: path)
            guard let name = parts.last else { continue }
            let parent = ([folder] + parts.dropLast()).joined(separator: "/")
            if member.kind == .folder {
                try makeFolder(parent + "/" + name)
            } else {
                try makeFolder(parent)
                let target = parent + "/" + name
                if size(of: target) != member.size { try write(archive, to: target) }
                count += 1
            }
        }
        // One call for all: flushing each of many small files would take longer than all the rest.
        sync()
        return count
    }

    /// The parts of a member's path in the folder, none of which leads upwards; none for a folder
    /// that is the root itself.
    private func parts(of member: TarReader.Member, in archive: String) throws(DataError)
        -> [String]
    {
        var parts = member.name.split(separator: "/").filter { $0 != "." }.map(String.init)
        guard String(validating: member.rawName, as: UTF8.self) != nil else {
            throw DataError(
                archive, "the name '\(member.name)' is not UTF-8; expected names in UTF-8")
        }
        guard !member.name.hasPrefix("/"), !parts.contains(".."), !member.name.utf8.contains(0)
        else {
            throw DataError(
                archive,
                "'\(member.name)' leads out of the folder; nothing more is unpacked; get the "
                    + "archive from a source that you trust")
        }
        if let root, parts.first == root { parts.removeFirst() }
        guard member.kind == .file || member.kind == .folder,
            member.kind == .folder || !parts.isEmpty
        else {
            throw DataError(
                archive,
                "'\(member.name)' is a link, a device or a sparse file; expected plain files and folders "
                    + "only")
        }
        return parts
    }

    private func makeFolder(_ path: String) throws(DataError) {
        do {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DataError(path, "this folder cannot be made; check the disk and the rights")
        }
    }

    private func size(of path: String) -> Int? {
        let attributes = try? manager.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
        return attributes?[.size] as? Int
    }

    /// Writes the present member to a file of its own, never through a link that lies there.
    private func write(_ archive: TarReader, to path: String) throws(DataError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        defer { close(descriptor) }
        while case let bytes = try archive.read(upTo: 1 << 20), !bytes.isEmpty {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    throw Self.unwritable(path)
                }
            }
        }
    }

    private static func unwritable(_ path: String) -> DataError {
        DataError(
            path,
            "cannot be written: \(String(cString: strerror(errno))); what is unpacked stays, so "
                + "that the same command goes on from there")
    }
}
