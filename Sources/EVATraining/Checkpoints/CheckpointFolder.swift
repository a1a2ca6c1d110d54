internal import EVAConfiguration
package import EVATensorFiles
internal import Foundation

/// The checkpoints of a run: `OUT/checkpoint-N`, `OUT/latest` that points to the newest, and
/// `OUT/best` that points to the best, where a run looks for it.
///
/// A checkpoint is written under another name, flushed to disk and renamed, so a folder of that
/// name is always whole, whatever happens while it is written. It holds the digests of its files,
/// so that what happens to it later shows when it is read.
package struct CheckpointFolder: Sendable {
    /// The run's folder.
    package let root: String

    package init(root: String) {
        self.root = root
    }

    /// The checkpoint after `step` steps.
    package func path(step: Int) -> String { "\(root)/\(Self.prefix)\(step)" }

    /// The steps of all checkpoints that runs wrote, ascending.
    package var steps: [Int] { namedSteps.filter(isOwn).sorted() }

    /// Makes the folder of a checkpoint under a temporary name, for those who fill it together.
    func begin(step: Int) throws -> String {
        guard !FileManager.default.fileExists(atPath: path(step: step)) || isOwn(step) else {
            throw TrainingError(
                "\(path(step: step)): was not written by a run and is not replaced; move it away")
        }
        return try AtomicDirectory.begin(path(step: step))
    }

    /// Writes a checkpoint, points `latest` to it and removes the oldest beyond `limit`.
    ///
    /// - Parameters:
    ///   - begun: the folder that `begin` made; nil where there is none yet.
    ///   - best: the step of the best checkpoint, which `best` points to and which is neither
    ///     counted nor removed.
    ///   - body: fills the folder that it is given, and tells the digests of its files.
    /// - Throws: what `body` throws, or `TensorFileError`; earlier checkpoints stay whole, one of
    ///   the same step too.
    package func write(
        step: Int, in begun: String? = nil, limit: Int?, best: Int? = nil,
        _ body: (String) throws -> FolderChecksums
    ) throws {
        let temporary = try begun ?? begin(step: step)
        try AtomicDirectory.finish(temporary, at: path(step: step), replacing: true) { folder in
            try body(folder).write(into: folder)
        }
        try point("latest", to: step)
        try pointBest(to: best)
        guard let limit else { return }
        // Those of later steps are left over from before this run was resumed or begun anew.
        let byAge = (steps.filter { $0 > step } + steps.filter { $0 < step }).filter { $0 != best }
        for old in byAge.dropLast(max(0, limit - (step == best ? 0 : 1))) {
            try remove(step: old)
        }
    }

    /// Points `best` to a step's checkpoint, or removes it.
    package func pointBest(to step: Int?) throws {
        if let step { return try point(Self.best, to: step) }
        unlink("\(root)/\(Self.best)")
    }

    private static let best = "best"

    /// The checkpoint that `name` stands for: a path, or `latest`.
    ///
    /// - Parameter note: receives what is wrong with a newer one that was passed over.
    package func resolve(_ name: String, note: (String) -> Void = { _ in }) throws -> String {
        if name == CheckpointConfiguration.latest {
            // The link first: checkpoints of later steps may be left over from another run.
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/latest")
            if let link, isCheckpoint("\(root)/\(link)") { return "\(root)/\(link)" }
            guard let step = steps.last(where: { isCheckpoint(path(step: $0)) }) else {
                throw TrainingError("--resume_from_checkpoint latest: no checkpoint in \(root)")
            }
            if let link {
                note(
                    "\(root)/latest: points to \(link), which has no \(Self.stateFile); goes on "
                        + "from \(path(step: step)) instead")
            }
            return path(step: step)
        }
        guard isCheckpoint(name) else {
            throw TrainingError(
                "--resume_from_checkpoint \(name): no \(Self.stateFile) there; expected a folder "
                    + "such as \(root)/checkpoint-100, or 'latest', or 'auto'")
        }
        return name
    }

    /// The newest checkpoint whose files are as they were written: the one that `latest` points to,
    /// or that of the latest step.
    ///
    /// - Parameter note: receives what is wrong with newer ones.
    package func newestWhole(note: (String) -> Void) -> String? {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/latest")
        let latest = link.flatMap { Self.step(ofPath: "\(root)/\($0)") }
        let steps = steps
        let byAge = steps.filter { $0 == latest } + steps.reversed().filter { $0 != latest }
        return byAge.first { step in
            let damage = Self.damage(of: path(step: step), files: [Self.stateFile])
            if let damage {
                note("\(path(step: step)): passed over, since it is damaged: \(damage)")
            }
            return damage == nil
        }.map { path(step: $0) }
    }

    /// Names of checkpoints that the run is sure to write and that something has which no run wrote.
    func foreignNames(_ configuration: TrainingConfiguration) -> [String] {
        let settings = configuration.checkpoints
        return namedSteps.sorted().filter { step in
            let isDue = settings.strategy == .steps && step % settings.everySteps == 0
            let isLast = settings.strategy != .none && step == configuration.optimization.maxSteps
            return step > 0 && (isDue || isLast) && !isOwn(step)
        }.map { Self.prefix + "\($0)" }
    }

    /// Removes a checkpoint, all of it at once; what somebody else put into its folder stays.
    func remove(step: Int) throws {
        let path = path(step: step)
        let listed = (try? FolderChecksums(listIn: path))??.digests.keys.map { $0 }
        let own = Set((listed ?? Self.files) + [FolderChecksums.fileName])
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
        let others = names.filter {
            !own.contains($0) && (listed != nil || TensorPieces.base(ofName: $0) == nil)
                && !Self.isFolder("\(path)/\($0)")
        }
        guard !others.isEmpty else {
            // Half of a checkpoint under its name would look like a damaged one.
            let temporary = TemporaryName.beside(path)
            guard rename(path, temporary) == 0 else { throw Self.failure(path) }
            return try FileManager.default.removeItem(atPath: temporary)
        }
        for name in [Self.stateFile] + own.subtracting([Self.stateFile]).sorted() {
            guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
                throw Self.failure("\(path)/\(name)")
            }
        }
        for name in names.reversed() { rmdir("\(path)/\(name)") }
    }

    /// The steps of everything that is named as a checkpoint is.
    private var namedSteps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.compactMap { name in
            let step = name.hasPrefix(Self.prefix) ? Int(name.dropFirst(Self.prefix.count)) : nil
            // A number that is written otherwise is no name that a run gives.
            return step.flatMap { name == Self.prefix + "\($0)" ? $0 : nil }
        }
    }

    /// Whether a run wrote a step's checkpoint: a folder that lists its state among its files.
    private func isOwn(_ step: Int) -> Bool {
        let path = path(step: step)
        guard Self.isFolder(path) else { return false }
        if let sums = (try? FolderChecksums(listIn: path)) ?? nil {
            return sums.digests[Self.stateFile] != nil
        }
        let state = FileManager.default.contents(atPath: "\(path)/\(Self.stateFile)")
        return state.map { (try? TrainingState(json: $0, path: path)) != nil } ?? false
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Compares a checkpoint's files with the digests that were taken when it was written.
    ///
    /// - Parameter files: those that are needed, which the digests must speak of.
    /// - Throws: `TrainingError` with what is damaged and the newest whole checkpoint before it.
    package func verify(_ path: String, files: [String]) throws {
        guard let damage = Self.damage(of: path, files: files) else { return }
        let step = Self.step(ofPath: path)
        let earlier = steps.reversed().first { candidate in
            candidate < step ?? .max
                && Self.damage(of: self.path(step: candidate), files: files) == nil
        }
        let remedy = earlier.map {
            "the newest whole one before it is \(self.path(step: $0)): give that to "
                + "--resume_from_checkpoint"
        }
        throw TrainingError(
            "\(path): the checkpoint is damaged: \(damage); "
                + (remedy ?? "there is no whole one before it in \(root)"))
    }

    /// What is wrong with a checkpoint's files; nil for a whole one.
    private static func damage(of path: String, files: [String]) -> String? {
        do {
            guard let sums = try FolderChecksums(listIn: path) else {
                return "\(FolderChecksums.fileName) is missing"
            }
            let unlisted = files.filter { sums.digests[$0] == nil }
            guard unlisted.isEmpty else {
                return
                    "\(FolderChecksums.fileName) does not list \(unlisted.joined(separator: ", "))"
            }
            try sums.verify(path)
            return nil
        } catch let error as ChecksumError {
            return error.faults.map(\.description).joined(separator: ", ")
        } catch {
            return "\(error)"
        }
    }

    private static func step(ofPath path: String) -> Int? {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().lastPathComponent
        return resolved.hasPrefix(prefix) ? Int(resolved.dropFirst(prefix.count)) : nil
    }

    private static let prefix = "checkpoint-"

    /// The file of a checkpoint that says where the run stood.
    static let stateFile = "trainer_state.json"

    /// What a checkpoint holds whose own list of its files is lost.
    private static let files = [stateFile, "optimizer.safetensors"] + RunManifest.modelFiles

    private func isCheckpoint(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(Self.stateFile)")
    }

    private static func failure(_ path: String) -> TrainingError {
        TrainingError("\(path): cannot be removed: \(String(cString: strerror(errno)))")
    }

    private func point(_ name: String, to step: Int) throws {
        let temporary = "\(root)/.\(name).tmp-\(getpid())-0"
        unlink(temporary)
        guard symlink("\(Self.prefix)\(step)", temporary) == 0,
            rename(temporary, "\(root)/\(name)") == 0
        else {
            throw TrainingError(
                "\(root)/\(name): cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}
