import EVATensorFiles

/// A folder for zero-shot evaluation: `images/<class>/...`, `labels.txt` and `templates.txt`.
///
/// Line i of `labels.txt` names the i-th class folder in the order of bytes. A line of `templates.txt`
/// is a sentence with one `{}`, where the name of a class goes.
public struct EvaluationFolder: Sendable {
    /// The folder itself.
    public let path: String
    /// The pictures, labelled by class.
    public let images: ImageFolderSource
    /// The name of each class, in the order of the labels.
    public let classNames: [String]
    /// The sentences that class names are put into.
    public let templates: [String]

    /// Opens the folder and checks that its parts fit.
    ///
    /// - Parameter path: The folder that holds `images/`, `labels.txt` and `templates.txt`.
    /// - Throws: `DataError` or `TensorFileError` when a part is missing or empty, the number of
    ///   labels is not that of the class folders, or a template has no `{}`.
    public init(path: String) throws {
        self.path = path
        images = try ImageFolderSource(folder: path + "/images")
        let labelsPath = path + "/labels.txt"
        classNames = try Self.lines(of: labelsPath)
        guard classNames.count == images.classFolders.count else {
            throw DataError(
                labelsPath,
                "expected a line for each of the \(images.classFolders.count) folders in "
                    + "\(images.name), got \(classNames.count) lines; line i names the i-th folder "
                    + "in the order of bytes")
        }
        let templatesPath = path + "/templates.txt"
        templates = try Self.lines(of: templatesPath)
        for (index, template) in templates.enumerated()
        where template.split(separator: "{}", omittingEmptySubsequences: false).count != 2 {
            throw DataError(
                templatesPath,
                "line \(index + 1): expected one {} where the class name goes, got '\(template)'")
        }
    }

    /// The stripped lines of a text file; blank lines are allowed at its end only.
    private static func lines(of path: String) throws -> [String] {
        let file = try MappedFile(path: path)
        guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw DataError(path, "is not UTF-8 text; save it as UTF-8")
        }
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map {
            $0.trimmingWhitespace()
        }
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
