internal import EVAConfiguration
internal import Torch

extension TrainingMemory {
    /// - Throws: `TrainingError` where the machine clearly has too little memory.
    func require(_ configuration: TrainingConfiguration) throws {
        try MachineMemory.total.require(
            total, for: "a step of --per_device_train_batch_size \(configuration.data.batchSize)",
            remedy: "use a smaller batch, with --contrastive_accumulation for as many negatives"
                + (configuration.precision.recomputesActivations ? "" : ", or --recompute"))
    }
}
