internal import EVATensorFiles
internal import Foundation

/// The checkpoints of a run: `OUT/checkpoint-N`, and `OUT/latest` that points to the newest.
///
/// A checkpoint is written under another name, flushed to disk and renamed, so a folder of that
/// name is always whole, whatever happens while it is written.
package struct CheckpointFolder: Sendable {
    /// The run's folder.
    package let root: String

    package init(root: String) {
        self.root = root
    }

    /// The checkpoint after `step` steps.
    package func path(step: Int) -> String { "\(root)/checkpoint-\(step)" }

    /// The steps of all checkpoints, ascending.
    package var steps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.compactMap { name in
            name.hasPrefix("checkpoint-") ? Int(name.dropFirst("checkpoint-".count)) : nil
        }.sorted()
    }

    /// Writes a checkpoint, points `latest` to it and removes the oldest beyond `limit`.
    ///
    /// - Parameter body: fills the folder that it is given.
    /// - Throws: what `body` throws, or `TensorFileError`; earlier checkpoints stay whole.
    package func write(step: Int, limit: Int?, _ body: (String) throws -> Void) throws {
        let path = path(step: step)
        // One that a run left behind before it was resumed from an earlier step.
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
        try AtomicDirectory.write(to: path, body)
        try point(latest: "checkpoint-\(step)")
        if let limit {
            // Those of later steps are left over from before this run was resumed or begun anew.
            let byAge = steps.filter { $0 > step } + steps.filter { $0 < step }
            for old in byAge.dropLast(max(0, limit - 1)) {
                try FileManager.default.removeItem(atPath: self.path(step: old))
            }
        }
    }

    /// Removes what a process that was killed left half-written in the run's folder.
    package func removeUnfinished() throws {
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

    private func isCheckpoint(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/trainer_state.json")
    }

    private func point(latest target: String) throws {
        let temporary = "\(root)/.latest.\(getpid())"
        unlink(temporary)
        guard symlink(target, temporary) == 0, rename(temporary, "\(root)/latest") == 0 else {
            throw TrainingError(
                "\(root)/latest: cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}
