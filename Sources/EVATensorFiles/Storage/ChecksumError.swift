/// Files of a folder that are not what its list of checksums says.
public struct ChecksumError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file and what is wrong with it.
    public struct Fault: Sendable, Equatable {
        /// The path from the folder.
        public let file: String
        let kind: Kind
    }

    enum Kind: Sendable, Equatable {
        case missing
        case unreadable(String)
        case differs(_ expected: SHA256Digest, _ actual: SHA256Digest)
    }

    /// The folder that was checked.
    public let folder: String
    let fileCount: Int
    /// What is wrong, in the order of the files' names.
    public let faults: [Fault]

    /// The whole error as one line.
    public var description: String {
        let shown = faults.prefix(8).map(\.description).joined(separator: "; ")
        let more = faults.count > 8 ? "; and \(faults.count - 8) more" : ""
        return "\(folder): \(faults.count) of \(fileCount) files in "
            + "\(FolderChecksums.fileName) fail: \(shown)\(more); get them again"
    }
}

extension ChecksumError.Fault: CustomStringConvertible {
    /// The file and its fault.
    public var description: String {
        let shown = file.map { $0.isNewline ? "?" : String($0) }.joined()
        return switch kind {
        case .missing: "\(shown) is missing"
        case .unreadable(let reason): "\(shown) \(reason)"
        case .differs(let expected, let actual):
            "\(shown) is damaged (sha256 \(actual.abbreviated), expected \(expected.abbreviated))"
        }
    }
}

extension SHA256Digest {
    /// The first digits, enough for people to tell digests apart.
    fileprivate var abbreviated: String { description.prefix(12) + "..." }
}
