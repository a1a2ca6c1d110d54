internal import EVAEvaluation
internal import EVAModels
internal import EVATensorFiles
internal import Foundation

/// The list of names in an output folder that belong to runs, kept there as `.evaclip-run`.
///
/// It is written before any of the files, and only when none of their names is somebody else's.
/// So what has one of these names was written by a run, and everything else is not touched.
struct RunManifest {
    /// The name of the list in the folder.
    static let fileName = ".evaclip-run"

    /// What a run keeps a log in.
    private static let logs = [
        "metrics.jsonl", "eval.jsonl", "nonfinite.jsonl", "bad_samples.jsonl", "run.json",
    ]

    /// What the folder of a model consists of.
    private static let model = [
        ModelFolderForm.trained.weightsName, "config.json", "open_clip_config.json",
        GoldenVectors.fileName, FolderChecksums.fileName,
    ]

    /// What a checkpoint has of a model, its average included.
    static let modelFiles = model + model.map { "ema/\($0)" }

    /// Every name that a run may write, but for checkpoints, which say themselves whose they are,
    /// and event files, whose names are new each time.
    private static let names = logs + modelFiles + ["latest", "best"]

    private let folder: String
    /// Paths from the folder.
    private var owned: Set<String>

    private struct File: Codable {
        var version = 1
        let files: [String]
    }

    /// Reads a folder's list, if it has one.
    ///
    /// - Throws: `TrainingError` when it is not as it was written.
    init(folder: String) throws(TrainingError) {
        self.folder = folder
        owned = []
        let path = "\(folder)/\(Self.fileName)"
        guard let data = FileManager.default.contents(atPath: path) else { return }
        guard let file = try? JSONDecoder().decode(File.self, from: data), file.version == 1,
            !file.files.contains(where: Self.leadsOut)
        else {
            throw TrainingError(
                "\(path): is not the list of a run's files; choose another --output_dir, or remove "
                    + "that file and what is not needed beside it")
        }
        owned = Set(file.files)
    }

    /// Whether the folder holds the model that a run ended with.
    var holdsModel: Bool {
        owned.contains(ModelFolderForm.trained.weightsName)
            && exists(ModelFolderForm.trained.weightsName)
    }

    /// Whether the folder holds anything that a run logged.
    var holdsLogs: Bool { Self.logs.contains { owned.contains($0) && exists($0) } }

    /// Names that a run would write and that something has which no run wrote.
    var foreignNames: [String] { Self.names.filter { !owned.contains($0) && exists($0) } }

    /// The folder of what each rank but the writing one keeps.
    static let ranksFolder = "ranks"

    /// The log of a rank, and its list of samples that could not be read.
    static func rankFiles(_ rank: Int) -> (log: String, badSamples: String) {
        ("\(ranksFolder)/rank-\(rank).log", "\(ranksFolder)/rank-\(rank).bad_samples.jsonl")
    }

    /// Puts all names that a run of so many ranks may write on the list.
    mutating func claim(rankCount: Int) throws {
        owned.formUnion(Self.names)
        for rank in 1..<max(2, rankCount) where rank < rankCount {
            let files = Self.rankFiles(rank)
            owned.formUnion([files.log, files.badSamples])
        }
        try write()
    }

    /// Puts another file on the list; nothing for one that lies elsewhere.
    mutating func add(_ path: String) throws {
        guard path.hasPrefix(folder + "/") else { return }
        owned.insert(String(path.dropFirst(folder.count + 1)))
        try write()
    }

    /// Removes everything on the list, and folders that are empty then.
    mutating func removeFiles() throws {
        for name in owned.sorted() where exists(name) {
            guard unlink("\(folder)/\(name)") == 0 || errno == EISDIR else {
                throw TrainingError(
                    "\(folder)/\(name): cannot be removed: \(String(cString: strerror(errno)))")
            }
        }
        for parent in Set(owned.compactMap(Self.parent)) { rmdir("\(folder)/\(parent)") }
        owned = owned.filter(exists)
        try write()
    }

    private func write() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(
            [UInt8](encoder.encode(File(files: owned.sorted()))),
            to: "\(folder)/\(Self.fileName)")
    }

    private func exists(_ name: String) -> Bool {
        var status = stat()
        return lstat("\(folder)/\(name)", &status) == 0
    }

    private static func parent(_ name: String) -> String? {
        name.lastIndex(of: "/").map { String(name[..<$0]) }
    }

    /// Whether a path is one that no run would write.
    private static func leadsOut(_ name: String) -> Bool {
        name.hasPrefix("/")
            || name.split(separator: "/", omittingEmptySubsequences: false).contains {
                ["", ".", ".."].contains($0)
            }
    }
}
