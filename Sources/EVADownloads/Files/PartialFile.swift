internal import Foundation
internal import Glibc

/// A file that is not whole yet, `NAME.part`, and `NAME.part.json`, which says of what it is a part.
final class PartialFile {
    /// What tells one version of a file on a server from another.
    struct Origin: Codable, Equatable {
        var url: String
        var etag: String?
        var lastModified: String?
        var length: Int?
        /// The digest that the server stated, where it did.
        var sha256: String?

        /// What a request may name so that a part is sent only of the same version: never an entity
        /// tag that the server calls weak.
        var validator: String? {
            if let etag, !etag.hasPrefix("W/") { return etag }
            return lastModified
        }
    }

    /// The path of the part.
    let path: String
    /// How many bytes are here.
    private(set) var length: Int
    /// Of what they are a part; nil before a server has told.
    private(set) var origin: Origin?
    private let target: String
    private let descriptor: Int32
    private var statePath: String { path + ".json" }

    /// Opens what an earlier try left, or starts anew.
    ///
    /// - Parameter target: The path of the whole file.
    init(for target: String) throws(DownloadError) {
        self.target = target
        path = target + ".part"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
        length = Int(max(0, lseek(descriptor, 0, SEEK_END)))
        origin = (try? Data(contentsOf: URL(fileURLWithPath: path + ".json")))
            .flatMap { try? JSONDecoder().decode(Origin.self, from: $0) }
    }

    deinit {
        close(descriptor)
        if length == 0 { discard() }
    }

    /// Notes of what the bytes that follow are a part.
    func setOrigin(_ origin: Origin) throws(DownloadError) {
        self.origin = origin
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(origin).write(
                to: URL(fileURLWithPath: statePath), options: .atomic)
        } catch {
            throw DownloadError(.unwritable, statePath, "cannot be written; check the disk")
        }
    }

    /// Throws away what is here.
    func reset() throws(DownloadError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw Self.failure(path)
        }
        length = 0
        origin = nil
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DownloadError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(descriptor, piece.baseAddress, piece.count)
            if count > 0 {
                rest = rest.dropFirst(count)
                length += count
            } else if errno != EINTR {
                throw Self.failure(path)
            }
        }
    }

    /// Gives the file its own name.
    func publish() throws(DownloadError) {
        guard fsync(descriptor) == 0, rename(path, target) == 0 else { throw Self.failure(path) }
        unlink(statePath)
        let parent = (target as NSString).deletingLastPathComponent
        let folder = open(parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    /// Removes both files.
    func discard() {
        unlink(path)
        unlink(statePath)
    }

    private static func failure(_ path: String) -> DownloadError {
        let isFull = errno == ENOSPC || errno == EDQUOT
        return DownloadError(
            isFull ? .diskFull : .unwritable, path,
            "cannot be written: \(String(cString: strerror(errno)))"
                + (isFull ? "; free some space and repeat: what is here is kept" : ""))
    }
}
