/// Labelled pictures to learn a classifier from, and others to try it on: `train/<class>/...` and
/// `val/<class>/...`, or `test/` in its place.
public struct LinearProbeFolder: Sendable {
    /// The pictures to learn from, labelled by class.
    public let training: ImageFolderSource
    /// The pictures to try it on, labelled by their own class folders.
    public let evaluation: ImageFolderSource
    /// The training class that each class folder of `evaluation` stands for.
    public let trainingClass: [Int]

    /// Opens the folder and checks that its parts fit.
    ///
    /// - Parameter path: The folder.
    /// - Throws: `DataError` when a part is missing, holds an empty class folder, or when a class to
    ///   evaluate is not among those to learn.
    public init(path: String) throws(DataError) {
        training = try ImageFolderSource(folder: path + "/train")
        let validation = path + "/val"
        evaluation = try ImageFolderSource(
            folder: FolderReader.isFolder(validation) ? validation : path + "/test")
        var known: [String: Int] = [:]
        for (label, folder) in training.classFolders.enumerated() { known[folder] = label }
        let unknown = evaluation.classFolders.filter { known[$0] == nil }
        guard unknown.isEmpty else {
            throw DataError(
                evaluation.name,
                "\(unknown.count) class folders are not in \(training.name): "
                    + unknown.prefix(5).joined(separator: ", ")
                    + (unknown.count > 5 ? " and \(unknown.count - 5) more" : ""))
        }
        trainingClass = evaluation.classFolders.compactMap { known[$0] }
    }
}
