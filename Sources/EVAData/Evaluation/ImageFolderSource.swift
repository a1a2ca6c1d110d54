internal import EVAImaging

/// Pictures sorted into class folders: `<folder>/<class>/**/<picture>`.
///
/// Classes are the folders in the order of their names' bytes; a class holds every picture below its
/// folder, links followed. Files whose names do not end like a picture's are passed over.
public struct ImageFolderSource: SampleSource {
    /// Endings that count as pictures, in lower case; any case is accepted.
    public static let extensions: Set<String> = ImageDecoder.fileExtensions

    /// The folder that holds the class folders.
    public let name: String
    /// The names of the class folders, in the order of the labels.
    public let classFolders: [String]
    private let pictures: [(path: String, label: Int)]

    /// The number of pictures.
    public var count: Int { pictures.count }

    /// The number of classes and pictures.
    public var summary: String { "\(name): \(classFolders.count) classes, \(count) pictures" }

    /// Finds the classes and their pictures.
    ///
    /// - Parameter folder: The folder that holds the class folders.
    /// - Throws: `DataError` when it cannot be read, holds no class folder, or when class folders hold
    ///   no picture.
    public init(folder: String) throws(DataError) {
        classFolders = try FolderReader.content(of: folder).folders
        guard !classFolders.isEmpty else {
            throw DataError(
                folder, "holds no class folder; expected one folder of pictures a class")
        }
        var pictures: [(path: String, label: Int)] = []
        var empty: [String] = []
        for (label, name) in classFolders.enumerated() {
            let before = pictures.count
            for path in try FolderReader.files(below: folder + "/" + name)
            where Self.looksLikePicture(path) {
                pictures.append((path, label))
            }
            if pictures.count == before { empty.append(name) }
        }
        guard empty.isEmpty else {
            let more = empty.count > 5 ? " and \(empty.count - 5) more" : ""
            throw DataError(
                folder,
                "\(empty.count) of \(classFolders.count) class folders hold no picture: "
                    + empty.prefix(5).joined(separator: ", ") + more + "; expected files ending in "
                    + Self.extensions.sorted().map { "." + $0 }.joined(separator: " "))
        }
        self.pictures = pictures
        name = folder
    }

    /// One picture with the index of its class.
    ///
    /// - Parameter index: A picture in `0 ..< count`.
    /// - Returns: The path of the picture and its label.
    public func sample(at index: Int) -> Sample {
        Sample(picture: .file(pictures[index].path), label: pictures[index].label)
    }

    private static func looksLikePicture(_ path: String) -> Bool {
        guard let dot = path.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return extensions.contains(path[path.index(after: dot)...].lowercased())
    }
}
