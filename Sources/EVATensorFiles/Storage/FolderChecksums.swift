import Foundation

/// The SHA-256 digests of a folder's files, kept among them as `SHA256SUMS`.
///
/// The list is in `sha256sum`'s own format, so that `sha256sum -c SHA256SUMS` checks it too.
package struct FolderChecksums: Sendable, Equatable {
    /// The name of the list in the folder that it speaks of.
    package static let fileName = "SHA256SUMS"
    // A line is some hundred bytes; a folder of weights has some dozens of files.
    private static let sizeLimit = 1 << 24

    /// Digests by path from the folder, with `/` between its parts.
    package private(set) var digests: [String: SHA256Digest]

    /// An empty list, to which the writer of each file adds what it wrote.
    package init() { digests = [:] }

    /// The digest of a file, by its path from the folder.
    package subscript(file: String) -> SHA256Digest? {
        get { digests[file] }
        set { digests[file] = newValue }
    }

    /// The part of the list that is of a folder inside this one.
    package func inside(_ subfolder: String) -> FolderChecksums {
        var inner = FolderChecksums()
        for (name, digest) in digests where name.hasPrefix(subfolder + "/") {
            inner[String(name.dropFirst(subfolder.count + 1))] = digest
        }
        return inner
    }

    /// Adds the list of a folder inside this one.
    ///
    /// - Parameter subfolder: its path from the folder; nil for the folder itself.
    package mutating func add(_ other: FolderChecksums, in subfolder: String? = nil) {
        for (name, digest) in other.digests {
            digests[subfolder.map { "\($0)/\(name)" } ?? name] = digest
        }
    }

    /// Computes the digests of all files below a folder, except its list and hidden ones.
    package init(folder: String) throws {
        let names: [String]
        do {
            names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        } catch {
            throw TensorFileError(.unreadable, path: folder, "the folder cannot be listed")
        }
        let files = names.filter { name in
            var isFolder: ObjCBool = false
            return name != Self.fileName
                && !name.split(separator: "/").contains { $0.hasPrefix(".") }
                && FileManager.default.fileExists(
                    atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        digests = [:]
        for file in files { digests[file] = try SHA256.digest(ofFile: "\(folder)/\(file)") }
    }

    /// Reads the list of a folder; `nil` when the folder has none.
    ///
    /// - Throws: `TensorFileError` when the list cannot be read or a line is not as `sha256sum`
    ///   writes it.
    package init?(listIn folder: String) throws(TensorFileError) {
        try self.init(listAt: "\(folder)/\(Self.fileName)")
    }

    /// Reads a list; `nil` when there is none.
    package init?(listAt path: String) throws(TensorFileError) {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try MappedFile(path: path)
        guard file.count <= Self.sizeLimit else {
            throw TensorFileError(
                .malformed, path: path,
                "has \(file.count) bytes; a list of checksums has \(Self.sizeLimit) at most")
        }
        guard let text = file.withUnsafeBytes({ $0.text(in: 0..<file.count) }) else {
            throw TensorFileError(.malformed, path: path, "is no UTF-8 text")
        }
        digests = [:]
        for (index, line) in text.unicodeScalars.split(separator: "\n").enumerated() {
            guard let (name, digest) = Self.parse(Substring(line)), digests[name] == nil else {
                throw TensorFileError(
                    .malformed, path: path,
                    "line \(index + 1) is not as sha256sum writes it (64 digits, two spaces, the "
                        + "name of a file in the folder, each once)")
            }
            digests[name] = digest
        }
    }

    /// Writes the list into a folder, where it must be the last file to come.
    ///
    /// - Returns: the list's own digest.
    @discardableResult
    package func write(into folder: String) throws -> SHA256Digest {
        try AtomicFile.write(text, to: "\(folder)/\(Self.fileName)")
    }

    /// Computes the digests of all listed files anew and compares; other files do not matter.
    ///
    /// - Throws: `ChecksumError` that names every file that is missing, unreadable or different.
    package func verify(_ folder: String) throws(ChecksumError) {
        var faults: [ChecksumError.Fault] = []
        for (name, expected) in sorted {
            do {
                let actual = try SHA256.digest(ofFile: "\(folder)/\(name)")
                if actual != expected {
                    faults.append(.init(file: name, kind: .differs(expected, actual)))
                }
            } catch {
                let isMissing = error.code == .notFound
                faults.append(
                    .init(file: name, kind: isMissing ? .missing : .unreadable(error.message)))
            }
        }
        guard faults.isEmpty else {
            throw ChecksumError(folder: folder, fileCount: digests.count, faults: faults)
        }
    }

    /// The list as text.
    package var text: String {
        sorted.map { name, digest in
            let escaped = Self.escape(name)
            return "\(escaped == name ? "" : "\\")\(digest)  \(escaped)\n"
        }.joined()
    }

    private var sorted: [(key: String, value: SHA256Digest)] {
        digests.sorted { $0.key < $1.key }
    }

    /// Takes a line apart: digest, space, space or asterisk, name of a file in the folder.
    ///
    /// A backslash in front says that the name has escapes.
    private static func parse(_ line: Substring) -> (name: String, SHA256Digest)? {
        let isEscaped = line.hasPrefix("\\")
        let line = isEscaped ? line.dropFirst() : line
        guard let digest = SHA256Digest(hexadecimal: line.prefix(64)) else { return nil }
        let rest = line.dropFirst(64)
        guard rest.hasPrefix("  ") || rest.hasPrefix(" *") else { return nil }
        var name = String(rest.dropFirst(2))
        if isEscaped {
            guard let unescaped = unescape(name) else { return nil }
            name = unescaped
        }
        guard !name.isEmpty, !name.hasPrefix("/"), !name.contains("\0"),
            !name.split(separator: "/").contains("..")
        else { return nil }
        return (name, digest)
    }

    // Scalars, because a carriage return and a line feed are one character to Swift.
    private static func escape(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }

    private static func unescape(_ name: String) -> String? {
        var result = String.UnicodeScalarView()
        var rest = name.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            switch rest.popFirst() {
            case "\\": result.append("\\")
            case "n": result.append("\n")
            case "r": result.append("\r")
            default: return nil
            }
        }
        return String(result)
    }
}
