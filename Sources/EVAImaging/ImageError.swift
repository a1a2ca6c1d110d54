import Glibc

/// What is wrong with a picture, in one line: which file, where in it, what, remedy.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of a failure, for programs; the text is for people.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// There is no such file.
        public static let notFound = Code(name: "notFound")
        /// The path names a folder or a device, or the system refused to read.
        public static let unreadable = Code(name: "unreadable")
        /// The file has no content.
        public static let empty = Code(name: "empty")
        /// The content is none of the formats that are read.
        public static let unrecognized = Code(name: "unrecognized")
        /// The file ends before the picture does.
        public static let truncated = Code(name: "truncated")
        /// The content contradicts its format.
        public static let corrupt = Code(name: "corrupt")
        /// The content is valid but of a kind that is not read or written.
        public static let unsupported = Code(name: "unsupported")
        /// The picture or its file exceeds the limits.
        public static let tooLarge = Code(name: "tooLarge")
        /// The picture is smaller than the limits ask.
        public static let tooSmall = Code(name: "tooSmall")
        /// The codec found no memory.
        public static let outOfMemory = Code(name: "outOfMemory")
    }

    /// The kind of the failure.
    public let code: Code
    /// The file concerned, or the name that the caller gave to the bytes.
    public let name: String
    /// The byte offset at which the reader gave up, where known.
    public let offset: Int?
    /// What is wrong, and the remedy.
    public let message: String

    init(_ code: Code, name: String, offset: Int? = nil, _ message: String) {
        self.code = code
        self.name = name
        self.offset = offset
        self.message = message
    }

    /// The whole error as one line.
    public var description: String {
        let place = offset.map { "byte \($0): " } ?? ""
        return "\(name): \(place)\(message)"
    }

    /// A failed system call.
    static func reading(_ path: String, errno code: Int32) -> ImageError {
        switch code {
        case ENOENT, ENOTDIR: ImageError(.notFound, name: path, "no such file")
        default:
            ImageError(
                .unreadable, name: path, "cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
