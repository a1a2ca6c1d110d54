internal import EVATensorFiles
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

    /// The steps of all checkpoints, ascending.
    package var steps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.compactMap { name in
            name.hasPrefix(Self.prefix) ? Int(name.dropFirst(Self.prefix.count)) : nil
        }.sorted()
    }

    /// Writes a checkpoint, points `latest` to it and removes the oldest beyond `limit`.
    ///
    /// - Parameters:
    ///   - best: the step of the best checkpoint, which `best` points to and which is neither
    ///     counted nor removed.
    ///   - body: fills the folder that it is given.
    /// - Throws: what `body` throws, or `TensorFileError`; earlier checkpoints stay whole, one of
    ///   the same step too.
    package func write(
        step: Int, limit: Int?, best: Int? = nil, _ body: (String) throws -> Void
    ) throws {
        try AtomicDirectory.write(to: path(step: step), replacing: true) { folder in
            try body(folder)
            try FolderChecksums(folder: folder).write(into: folder)
        }
        try point("latest", to: step)
        try pointBest(to: best)
        guard let limit else { return }
        // Those of later steps are left over from before this run was resumed or begun anew.
        let byAge = (steps.filter { $0 > step } + steps.filter { $0 < step }).filter { $0 != best }
        for old in byAge.dropLast(max(0, limit - (step == best ? 0 : 1))) {
            try FileManager.default.removeItem(atPath: self.path(step: old))
        }
    }

    /// Points `best` to a step's checkpoint, or removes it.
    package func pointBest(to step: Int?) throws {
        if let step { return try point(Self.best, to: step) }
        unlink("\(root)/\(Self.best)")
    }

    private static let best = "best"

    /// Removes what a process that was killed left half-written in the run's folder.
    package func removeUnfinished() throws {
        try AtomicDirectory.restoreReplaced(in: root)
        let names = try FileManager.default.contentsOfDirectory(atPath: root)
        for name in names where name.wholeMatch(of: /\..+\.tmp-[0-9]+-[0-9a-z]+/) != nil {
            try FileManager.default.removeItem(atPath: "\(root)/\(name)")
        }
    }

    /// The checkpoint that `name` stands for: a path, or `latest`.
    package func resolve(_ name: String) throws -> String {
        if name == "latest" {
            // The link first: checkpoints of later steps may be left over from another run.
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/latest")
            if let link, isCheckpoint("\(root)/\(link)") { return "\(root)/\(link)" }
            guard let step = steps.last(where: { isCheckpoint(path(step: $0)) }) else {
                throw TrainingError("--resume_from_checkpoint latest: no checkpoint in \(root)")
            }
            return path(step: step)
        }
        guard isCheckpoint(name) else {
            throw TrainingError(
                "--resume_from_checkpoint \(name): no trainer_state.json there; expected a folder "
                    + "such as \(root)/checkpoint-100, or 'latest'")
        }
        return name
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

    private func isCheckpoint(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/trainer_state.json")
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
