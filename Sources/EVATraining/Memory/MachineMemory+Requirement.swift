package import Torch

extension MachineMemory {
    /// Refuses what clearly cannot be had; an estimate that is off by a half passes.
    ///
    /// - Parameters:
    ///   - bytes: what is needed by estimate.
    ///   - what: what needs it, with the setting that makes it so large.
    ///   - remedy: what to do about it.
    /// - Throws: `TrainingError` with both figures.
    package func require(_ bytes: Double, for what: String, remedy: String) throws(TrainingError) {
        guard bytes > 1.5 * Double(self.bytes) else { return }
        throw TrainingError(
            "\(what) needs about \(Self.text(bytes)) of memory, and this process can have "
                + "\(Self.text(Double(self.bytes))) (\(reason)); \(remedy)")
    }
}
