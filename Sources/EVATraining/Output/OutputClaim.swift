internal import EVAConfiguration
internal import EVATensorFiles
internal import Foundation
internal import TorchParallel

/// A run's hold on its output folder: that no other run writes there, where it begins, and that
/// nothing is replaced which nobody said should be.
final class OutputClaim {
    /// The checkpoint that the run goes on from; nil for one that starts anew.
    let checkpoint: String?
    /// What the person who started the run should know.
    private(set) var notes: [String] = []
    let checkpoints: CheckpointFolder

    private var lock: OutputLock?
    private var manifest: RunManifest
    private let removesEarlierRun: Bool

    /// Takes the folder and decides where the run begins; no file of an earlier run is changed.
    ///
    /// - Throws: `TrainingError` when another run has the folder, when it holds what the run would
    ///   destroy, or when there is no such checkpoint.
    init(_ configuration: TrainingConfiguration) throws {
        let folder = configuration.outputDirectory
        checkpoints = CheckpointFolder(root: folder)
        try OutputFolder.prepare(folder)
        if configuration.trains {
            lock = try OutputLock(folder: folder)
            try AtomicDirectory.recoverAll(inOwn: folder)
        }
        manifest = try RunManifest(folder: folder)
        var notes: [String] = []
        let settings = configuration.checkpoints
        checkpoint = try Self.checkpoint(settings, in: checkpoints) { notes.append($0) }
        let goesOn = checkpoint.map { Self.isIn(folder, $0) } ?? false
        removesEarlierRun = !goesOn
        if settings.overwritesOutput, goesOn {
            throw UsageError(
                "--overwrite_output_dir would remove \(checkpoint ?? ""), which "
                    + "--resume_from_checkpoint names; give one of the two")
        }
        if !goesOn {
            let refusals = Self.refusals(configuration, checkpoints, manifest)
            // Without training nothing is written, so it is enough to say it.
            guard refusals.isEmpty || !configuration.trains else {
                throw TrainingError(refusals.joined(separator: "; "))
            }
            notes += refusals.map { "training would be refused: \($0)" }
        }
        self.notes = notes
    }

    /// The run's hold on its output folder, which the writing rank takes and the others follow.
    convenience init(_ configuration: TrainingConfiguration, on ranks: ParallelContext) throws {
        ranks.enter("opening the output folder")
        if ranks.isWriter {
            try self.init(configuration)
            _ = try ranks.shared(checkpoint)
        } else {
            try self.init(following: try ranks.shared(nil), configuration)
        }
    }

    /// The view of a rank that does not write.
    ///
    /// - Parameter checkpoint: what the writing rank goes on from.
    private init(following checkpoint: String?, _ configuration: TrainingConfiguration) throws {
        checkpoints = CheckpointFolder(root: configuration.outputDirectory)
        manifest = try RunManifest(folder: configuration.outputDirectory)
        self.checkpoint = checkpoint
        removesEarlierRun = false
    }

    /// Makes the folder the run's own: removes what an earlier run left, where this one does not go
    /// on from it, and notes the names that it may write.
    func begin() throws {
        if removesEarlierRun {
            for step in checkpoints.steps { try checkpoints.remove(step: step) }
            try manifest.removeFiles()
        }
        try manifest.claim()
    }

    /// Notes a file whose name is new.
    func add(_ path: String) throws { try manifest.add(path) }

    /// Lets other runs have the folder.
    func release() { lock?.release() }

    private static func checkpoint(
        _ settings: CheckpointConfiguration, in checkpoints: CheckpointFolder,
        note: (String) -> Void
    ) throws -> String? {
        guard let name = settings.resumeFrom else { return nil }
        guard name == CheckpointConfiguration.auto else {
            return try checkpoints.resolve(name, note: note)
        }
        let newest = checkpoints.newestWhole(note: note)
        if newest == nil {
            note("--resume_from_checkpoint auto: no checkpoint in \(checkpoints.root); starts anew")
        }
        return newest
    }

    /// Why a run must not start anew in the folder.
    private static func refusals(
        _ configuration: TrainingConfiguration, _ checkpoints: CheckpointFolder,
        _ manifest: RunManifest
    ) -> [String] {
        let folder = configuration.outputDirectory
        var refusals: [String] = []
        let steps = checkpoints.steps
        if !configuration.checkpoints.overwritesOutput, manifest.holdsModel || !steps.isEmpty {
            let held = [
                steps.isEmpty ? nil : "\(steps.count) checkpoint\(steps.count == 1 ? "" : "s")",
                manifest.holdsModel ? "the model" : nil,
            ].compactMap { $0 }.joined(separator: " and ")
            refusals.append(
                "--output_dir \(folder): holds \(held) of an earlier run, which a new one would "
                    + "replace; go on from there with --resume_from_checkpoint auto (or latest), "
                    + "replace it with --overwrite_output_dir, or choose another folder")
        }
        let foreign = manifest.foreignNames + checkpoints.foreignNames(configuration)
        if !foreign.isEmpty {
            refusals.append(
                "--output_dir \(folder): \(foreign.joined(separator: ", ")) there was not written "
                    + "by a run and would be replaced; move it away or choose another folder")
        }
        return refusals
    }

    private static func isIn(_ folder: String, _ path: String) -> Bool {
        func real(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        }
        return (real(path) as NSString).deletingLastPathComponent == real(folder)
    }
}
