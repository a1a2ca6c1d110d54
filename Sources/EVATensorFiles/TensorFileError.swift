import Glibc

/// What is wrong with a tensor file, in one line: which file, where in it, expected, got, remedy.
public struct TensorFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of a failure, for programs; the text is for people.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// There is no such file or folder.
        public static let notFound = Code(name: "notFound")
        /// The path names a folder or a device where a file is needed.
        public static let notAFile = Code(name: "notAFile")
        /// The system refused to open or read.
        public static let unreadable = Code(name: "unreadable")
        /// The file ends before what it announces.
        public static let truncated = Code(name: "truncated")
        /// The content contradicts the format.
        public static let malformed = Code(name: "malformed")
        /// The content is valid but of a kind that is not read.
        public static let unsupported = Code(name: "unsupported")
        /// The file asks for code to be run.
        public static let refused = Code(name: "refused")
        /// The file holds no tensor of that name.
        public static let noSuchTensor = Code(name: "noSuchTensor")
        /// The tensor has another element type than the one asked for.
        public static let wrongType = Code(name: "wrongType")
        /// The system refused to create or write.
        public static let unwritable = Code(name: "unwritable")
        /// No space is left on the device.
        public static let diskFull = Code(name: "diskFull")
        /// Something of that name exists and must not be replaced.
        public static let alreadyExists = Code(name: "alreadyExists")
    }

    /// The kind of the failure.
    public let code: Code
    /// The file or folder concerned; empty for a tensor in memory.
    public let path: String
    /// The byte offset in the file at which the fault was found.
    public let offset: Int?
    /// The tensor concerned.
    public let tensor: String?
    /// Expected, got and remedy.
    public let message: String

    init(
        _ code: Code, path: String, offset: Int? = nil, tensor: String? = nil, _ message: String
    ) {
        self.code = code
        self.path = path
        self.offset = offset
        self.tensor = tensor.map(Self.line)
        self.message = Self.line(message)
    }

    /// The whole error as one line.
    public var description: String {
        var parts: [String] = []
        if !path.isEmpty { parts.append(path) }
        if let offset { parts.append("byte \(offset)") }
        if let tensor { parts.append("tensor '\(tensor)'") }
        parts.append(message)
        return parts.joined(separator: ": ")
    }

    /// Text that may hold names out of a file, on one line and not at any length.
    private static func line(_ text: String) -> String {
        let limit = 1_000
        let head = text.unicodeScalars.prefix(limit)
        let shown = head.map { $0.properties.generalCategory == .control ? "?" : String($0) }
        return shown.joined() + (head.endIndex == text.unicodeScalars.endIndex ? "" : " ...")
    }

    /// A failed system call while reading.
    static func reading(_ path: String, errno code: Int32) -> TensorFileError {
        switch code {
        case ENOENT: TensorFileError(.notFound, path: path, "no such file")
        case ENOTDIR:
            TensorFileError(.notFound, path: path, "no such file: a part of the path is no folder")
        default:
            TensorFileError(.unreadable, path: path, "cannot be read: \(text(of: code))")
        }
    }

    /// A failed system call while writing.
    static func writing(_ path: String, errno code: Int32) -> TensorFileError {
        switch code {
        case ENOSPC, EDQUOT:
            TensorFileError(
                .diskFull, path: path,
                "not written: \(text(of: code)); what was there before is unchanged; "
                    + "free some space and repeat")
        case ENOENT:
            TensorFileError(
                .notFound, path: path, "cannot be written: its folder does not exist; create it")
        default:
            TensorFileError(.unwritable, path: path, "cannot be written: \(text(of: code))")
        }
    }

    private static func text(of code: Int32) -> String {
        String(cString: strerror(code))
    }
}
