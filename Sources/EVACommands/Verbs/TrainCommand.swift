internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVALayers
internal import EVAModels
internal import EVATensorFiles
internal import EVATraining
internal import Foundation
internal import Torch
internal import TorchParallel

/// `evaclip train`: contrastive pretraining.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Trains a model on images with captions.")

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() throws {
        let launch = try Ranks.launch()
        guard let flags = try FlagInput.read(arguments, verb: .train) else { return }
        var configuration = try TrainingConfiguration(flags: flags)
        for warning in configuration.warnings(of: flags, ranks: launch?.size ?? 1) {
            Console.warning(warning)
        }
        guard !flags.bool("print_config") else {
            return print(RunConfigurationFile.text(of: flags), terminator: "")
        }
        try ThreadLimits.check(
            threads: configuration.threadCount, readers: configuration.data.workerCount)
        let processors = Processors.share(amongRanks: launch?.localSize ?? 1)
        let device = try ComputeDevice.prepare(
            named: configuration.device, threadCount: configuration.threadCount,
            processors: processors, localRank: launch?.localRank ?? 0)
        configuration.data.workerCount = try ReaderThreads.count(
            configuration.data.workerCount, processors: processors)
        if launch?.rank ?? 0 == 0 { try COCODownload.prepare(configuration.data) }
        let ranks = try Ranks.join(launch, configuration.distribution, device: device)
        let trainer = try Trainer(configuration, device: device, ranks: ranks)
        announce(trainer, configuration, device)
        guard configuration.trains else { return try ranks.leave() }
        Interrupt.watch()
        try trainer.begin()
        if let path = trainer.rankLogPath { Console.keepLog(at: path) }
        if ranks.isWriter { try record(trainer, configuration, device) }
        let log = TrainingConsole(
            totalSteps: trainer.state.totalSteps, firstStep: trainer.state.step,
            readerThreads: try ReaderThreads.count(configuration.data.workerCount),
            showsProgress: configuration.logging.showsProgress)
        let ending: Trainer.Ending
        do {
            // However the run ends, it says what became of the data.
            defer { log.show(trainer.dataTally, in: configuration.outputDirectory) }
            ending = try trainer.run(
                shouldStop: { Interrupt.signalNumber != nil }, evaluation: { log.show($0) },
                skipped: { log.show($0) }, progress: { log.show(step: $0) },
                note: { Console.note($0) }, report: { log.show($0) })
        }
        try ranks.leave()
        if ranks.world.size > 1 {
            let sent = ranks.traffic.rows.filter { $0.sentBytes >= 1_048_576 }.map {
                "\($0.group) \($0.operation.rawValue) \(Int($0.sentBytes) >> 20)"
            }
            Console.note("MiB that each rank sent: " + sent.joined(separator: ", "))
        }
        let peak = Runtime.memory.peakBytes
        if device == .cpu, peak > 0 {
            Console.note(
                "tensors took \(MachineMemory.text(Double(peak))) at most, estimated "
                    + MachineMemory.text(trainer.memory.tensors))
        }
        switch ending {
        case .finished:
            if configuration.checkpoints.loadsBestAtEnd, let best = trainer.state.best {
                Console.note("best after step \(best.step): \(best.metric) \(best.value)")
            }
            Console.note("done; the model is in \(configuration.outputDirectory)")
        case .stoppedEarly:
            Console.note("stopped after step \(trainer.state.step), as asked")
        case .interrupted:
            Console.note(
                "interrupted; saved after step \(trainer.state.step); go on with "
                    + "--resume_from_checkpoint latest")
            throw ExitCode(128 + (Interrupt.signalNumber ?? SIGINT))
        }
    }

    /// Says what is about to happen.
    private func announce(
        _ trainer: Trainer, _ configuration: TrainingConfiguration, _ device: Device
    ) {
        Console.note(trainer.data.summary)
        Console.note(
            "\(configuration.model.name): \(trainer.clip.configuration.parameterCount) parameters on "
                + "\(device), \(Runtime.threadCount) threads, libtorch \(Runtime.version)")
        for note in trainer.notes { Console.note(note) }
        Console.note(
            "\(trainer.state.totalSteps) steps of \(trainer.samplesPerStep) samples, "
                + "\(trainer.samplesPerLoss - 1) negatives for each; about "
                + "\(MachineMemory.text(trainer.memory.total)) of memory")
    }

    /// Writes what the run was started with into `run.json`.
    private func record(
        _ trainer: Trainer, _ configuration: TrainingConfiguration, _ device: Device
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let record = RunRecord(
            configuration: configuration, model: trainer.clip.configuration,
            parameters: trainer.clip.configuration.parameterCount, device: "\(device)",
            threads: Runtime.threadCount, libtorch: Runtime.version,
            evaclip: EvaclipCommand.version)
        try AtomicFile.write(
            [UInt8](encoder.encode(record)), to: configuration.outputDirectory + "/run.json")
    }
}

/// `run.json`: everything that a run was started with.
private struct RunRecord: Encodable {
    let configuration: TrainingConfiguration
    let model: ModelConfiguration
    let parameters: Int
    let device: String
    let threads: Int
    let libtorch: String
    let evaclip: String
}
