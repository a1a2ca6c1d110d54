internal import EVATensorFiles
internal import Foundation

/// A text file that names other files, one a line.
package enum FileList {
    /// The paths in a list, blank lines passed over.
    ///
    /// Relative paths start from the working directory, or from the list's own folder where the first
    /// of them is not found there.
    ///
    /// - Throws: `TensorFileError` when the list cannot be read, `DataError` when it is no text or
    ///   names nothing.
    package static func paths(in list: String) throws -> [String] {
        let file = try MappedFile(path: list)
        guard let text = file.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }),
            !text.utf8.contains(0)
        else {
            throw DataError(list, "expected a text file that names one part file a line, got bytes")
        }
        let paths = TextLines.of(text)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard let first = paths.first(where: { !$0.hasPrefix("/") }) else {
            guard !paths.isEmpty else {
                throw DataError(list, "is empty; expected the path of a part file on each line")
            }
            return paths
        }
        let folder = (list as NSString).deletingLastPathComponent
        guard !FileManager.default.fileExists(atPath: first), !folder.isEmpty else { return paths }
        return paths.map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
    }
}
