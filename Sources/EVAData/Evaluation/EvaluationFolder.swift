import EVATensorFiles

/// A folder for zero-shot classification: class folders of pictures, names for the classes, and
/// sentences for the names.
///
/// The class folders lie in `images/`, in `val/`, or in the folder itself. Line i of `labels.txt`
/// names the i-th class folder in the order of bytes; without the file, folders that are called by
/// a WordNet id or a name of ImageNet get that class's name, and others their own. A line of
/// `templates.txt` is a sentence with one `{}`, where the name of a class goes; without the file the
/// sentences are ImageNet's.
public struct EvaluationFolder: Sendable {
    /// The folder itself.
    public let path: String
    /// The pictures, labelled by class.
    public let images: ImageFolderSource
    /// The name of each class, in the order of the labels.
    public let classNames: [String]
    /// The sentences that class names are put into.
    public let templates: [String]
    /// Where pictures, names and sentences come from when not from where they are expected, a line
    /// each.
    public let notes: [String]

    /// Opens the folder and checks that its parts fit.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - labels: A file to read instead of `labels.txt`.
    ///   - templates: A file to read instead of `templates.txt`.
    /// - Throws: `DataError` or `TensorFileError` when there are no pictures, a file that is named
    ///   is missing or empty, the number of labels is not that of the class folders, or a template
    ///   has no `{}`.
    public init(path: String, labels: String? = nil, templates: String? = nil) throws {
        self.path = path
        let (folder, place) = try Self.classFolders(in: path)
        images = try ImageFolderSource(folder: folder)
        let names = try Self.classNames(
            of: images, file: labels ?? Self.existing(path + "/labels.txt"))
        let sentences = try Self.templates(
            file: templates ?? Self.existing(path + "/templates.txt"))
        classNames = names.names
        self.templates = sentences ?? ImageNet.templates
        notes = [
            place, names.note,
            sentences == nil ? "no templates.txt: the 80 built-in sentences of ImageNet" : nil,
        ].compactMap { $0 }
    }

    /// Where the class folders are, with a note if not in `images/`.
    private static func classFolders(in path: String) throws(DataError) -> (String, note: String?) {
        let images = path + "/images"
        if FolderReader.isFolder(images) { return (images, nil) }
        let content = try FolderReader.content(of: path)
        let validation = path + "/val"
        if content.folders.contains("val"),
            try !FolderReader.content(of: validation).folders.isEmpty
        {
            return (validation, "no images/: the class folders are those in \(validation)")
        }
        guard !content.folders.isEmpty else {
            throw DataError(
                path,
                "holds no class folder; expected one folder of pictures a class, here or in images/"
            )
        }
        return (path, "no images/: the class folders are those in \(path)")
    }

    private static func existing(_ path: String) -> String? {
        FolderReader.exists(path) ? path : nil
    }

    private static func classNames(
        of images: ImageFolderSource, file: String?
    ) throws -> (names: [String], note: String?) {
        guard let file else { return builtInNames(of: images.classFolders) }
        let names = try lines(of: file)
        guard names.count == images.classFolders.count else {
            throw DataError(
                file,
                "expected a line for each of the \(images.classFolders.count) folders in "
                    + "\(images.name), got \(names.count) lines; line i names the i-th folder "
                    + "in the order of bytes")
        }
        return (names, nil)
    }

    private static func builtInNames(of folders: [String]) -> (names: [String], note: String?) {
        let found = folders.map(ImageNet.className)
        let names = zip(folders, found).map { $1 ?? $0.replacing("_", with: " ") }
        let others = zip(folders, found).filter { $1 == nil }.map(\.0)
        let known = "\(folders.count - others.count) of \(folders.count) classes"
        var note = "no labels.txt: ImageNet's built-in names for \(known)"
        if !others.isEmpty {
            note +=
                "; called by their folder: " + others.prefix(5).joined(separator: ", ")
                + (others.count > 5 ? " and \(others.count - 5) more" : "")
        }
        return (names, note)
    }

    private static func templates(file: String?) throws -> [String]? {
        guard let file else { return nil }
        let templates = try lines(of: file)
        for (index, template) in templates.enumerated()
        where template.split(separator: "{}", omittingEmptySubsequences: false).count != 2 {
            throw DataError(
                file,
                "line \(index + 1): expected one {} where the class name goes, got '\(template)'")
        }
        return templates
    }

    /// The stripped lines of a text file; blank lines are allowed at its end only.
    private static func lines(of path: String) throws -> [String] {
        let file = try MappedFile(path: path)
        guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw DataError(path, "is not UTF-8 text; save it as UTF-8")
        }
        var lines = TextLines.of(text).map { $0.trimmingWhitespace() }
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty else { throw DataError(path, "is empty; expected one entry a line") }
        if let blank = lines.firstIndex(where: \.isEmpty) {
            throw DataError(path, "line \(blank + 1) is blank; expected one entry a line")
        }
        return lines
    }
}

extension Substring {
    /// The text without white space at its ends.
    fileprivate func trimmingWhitespace() -> String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
