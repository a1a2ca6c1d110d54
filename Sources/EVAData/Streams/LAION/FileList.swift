package import EVAHTTP
internal import EVATensorFiles
internal import Foundation

/// A text file that names other files, one a line.
package enum FileList {
    /// The paths in a list, blank lines passed over.
    ///
    /// Relative paths start from the working directory, or from the list's own folder where the first
    /// of them is not found there; those of a list on a server start from its folder there. Addresses
    /// stay.
    ///
    /// - Throws: `TensorFileError` when the list cannot be read, `DataError` when it is no text or
    ///   names nothing, or cannot be brought.
    package static func paths(in list: String, remote: RemoteAccess = .usual) throws -> [String] {
        guard !RemoteAddress.isAddress(list) else {
            return try paths(inAddress: list, remote: remote)
        }
        let paths = try MappedFile(path: list).withUnsafeBytes { try lines(of: $0, in: list) }
        func isWhole(_ path: String) -> Bool {
            path.hasPrefix("/") || RemoteAddress.isAddress(path)
        }
        guard let first = paths.first(where: { !isWhole($0) }) else { return paths }
        let folder = (list as NSString).deletingLastPathComponent
        guard !FileManager.default.fileExists(atPath: first), !folder.isEmpty else { return paths }
        return paths.map { isWhole($0) ? $0 : folder + "/" + $0 }
    }

    private static func paths(inAddress list: String, remote: RemoteAccess) throws -> [String] {
        let name = RemoteAddress.shown(list)
        let bytes: [UInt8]
        do throws(RemoteError) {
            bytes = try RemoteFile.contents(of: list, limit: longest, access: remote)
        } catch {
            throw DataError(error)
        }
        return try bytes.withUnsafeBytes { try lines(of: $0, in: name) }.map { path in
            guard !path.hasPrefix("/") else {
                throw DataError(
                    name,
                    "names \(path), a path of a disk; expected addresses, or names from the list's "
                        + "own folder on")
            }
            return RemoteAddress.isAddress(path)
                ? path : RemoteAddress.sibling(of: list, named: path)
        }
    }

    // A million long addresses.
    private static let longest = 1 << 28

    private static func lines(of bytes: UnsafeRawBufferPointer, in list: String) throws(DataError)
        -> [String]
    {
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw DataError(list, "expected a text file that names one file a line, got bytes")
        }
        let lines = TextLines.of(text)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else {
            throw DataError(list, "is empty; expected the path of a file on each line")
        }
        return lines
    }
}
