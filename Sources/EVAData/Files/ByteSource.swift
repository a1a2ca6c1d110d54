package import EVAHTTP

/// The bytes of a file, wherever it lies.
package enum ByteSource {
    /// On a disk.
    case file(PositionalFile)
    /// On a server, read from the front.
    case remote(RemoteFile)

    /// Opens what an address names, or else a path.
    ///
    /// - Parameters:
    ///   - place: A path, or an address of `http`, `https` or `s3`.
    ///   - access: How servers are asked.
    /// - Throws: `DataError` when it is missing or cannot be read.
    package static func open(_ place: String, access: RemoteAccess) throws(DataError) -> ByteSource
    {
        guard RemoteAddress.isAddress(place) else { return .file(try PositionalFile(path: place)) }
        do throws(RemoteError) {
            return .remote(try RemoteFile(RemoteAddress(place), access: access))
        } catch {
            throw DataError(error)
        }
    }

    /// Whether a word names something on a server, and not a path.
    package static func isAddress(_ word: String) -> Bool { RemoteAddress.isAddress(word) }

    /// A path, or an address or pattern of some without what is secret in it.
    package static func shown(_ word: String) -> String { RemoteAddress.shown(word) }

    /// The path, or the address without what is secret in it.
    var name: String {
        switch self {
        case .file(let file): file.path
        case .remote(let file): file.name
        }
    }

    /// How many bytes there are; nil where a server does not say.
    var size: Int? {
        switch self {
        case .file(let file): file.size
        case .remote(let file): file.size
        }
    }

    /// Reads into memory.
    ///
    /// - Returns: How many bytes were read; fewer than the memory has at the end of the file only.
    /// - Throws: `DataError` when the file cannot be read, after trying for a while.
    func read(into memory: UnsafeMutableRawBufferPointer, at position: Int) throws(DataError) -> Int
    {
        switch self {
        case .file(let file): return try file.read(into: memory, at: position)
        case .remote(let file):
            do throws(RemoteError) {
                return try file.read(into: memory, at: position)
            } catch {
                throw DataError(error)
            }
        }
    }
}

extension RemoteAccess {
    /// Access that tells, once in the life of the process, that something is tried again.
    package static var usual: RemoteAccess { RemoteAccess { ReadRetry.tell($0, $1) } }
}

extension DataError {
    /// What is wrong with a file on a server.
    init(_ error: RemoteError) { self.init(error.place, error.message) }
}
