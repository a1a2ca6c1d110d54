internal import ArgumentParser
internal import EVAConfiguration
internal import EVADownloads
internal import EVATensorFiles
internal import Foundation

/// `evaclip pull`: brings published weights into the cache.
struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Downloads published weights into the cache, where --model NAME finds them.",
        discussion: """
            The cache is ~/.cache/evaclip, or what EVACLIP_HOME names. A broken transfer goes on \
            where it stopped. COMMUNITY_MODEL_PREFIX and HF_ENDPOINT name mirrors of the two \
            sources, HF_TOKEN opens private repositories, and proxies are taken from the \
            environment.
            """)

    @Argument(help: "The model's name, in any of its spellings.")
    var names: [String] = []

    @Option(help: "Whose files: paddlemix (the original's) or open_clip (on the hub).")
    var source: ModelPublisher = .paddlemix

    @Flag(help: "Use nothing but what is already there.")
    var offline = false

    @Flag(help: "List what can be downloaded and what is there.")
    var list = false

    func validate() throws {
        guard list || !names.isEmpty else {
            throw ValidationError("expected the name of a model; --list shows them")
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        guard !list else { return printList(ModelCache(environment: environment)) }
        let presets = try names.map(ModelPreset.named)
        Interrupt.watch()
        for preset in presets {
            try pull(ModelPull(preset, from: source, environment: environment))
        }
    }

    private func pull(_ pull: ModelPull) throws {
        guard pull.cache.existingFolder(of: pull.preset) == nil else {
            Console.note("\(pull.preset.name) is already in \(pull.folder)")
            return
        }
        guard !offline else {
            throw DownloadError(
                .offline, pull.preset.name,
                "is not in \(pull.cache.models), and --offline forbids to download it; run "
                    + "evaclip pull \(pull.preset.name) where there is a network")
        }
        let console = DownloadConsole()
        do {
            try pull(
                shouldStop: { Interrupt.signalNumber != nil },
                report: { console.show($1, of: $0) }, finish: { try complete($0, pull.preset) })
        } catch let error as DownloadError where error.code == .stopped {
            console.finish()
            Console.note("\(error)")
            throw ExitCode(128 + (Interrupt.signalNumber ?? SIGINT))
        }
        console.finish()
        Console.note("\(pull.preset.name) is in \(pull.folder)")
    }

    /// Makes sure that the weights can be opened, and notes what all files are now.
    private func complete(_ folder: String, _ preset: ModelPreset) throws {
        func exists(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: folder + "/" + name)
        }
        for name in ["model_state.pdparams", "open_clip_model.safetensors"] where exists(name) {
            do {
                _ = try TensorFile.open(path: folder + "/" + name)
            } catch {
                // Kept, it would be taken for whole by the next run.
                unlink(folder + "/" + name)
                throw error
            }
        }
        if !exists("config.json"), !exists("open_clip_config.json") {
            try AtomicFile.write(
                [UInt8](preset.configuration.reiJSON()), to: folder + "/config.json")
        }
        try FolderChecksums(folder: folder).write(into: folder)
    }

    private func printList(_ cache: ModelCache) {
        for preset in ModelPreset.published {
            let place = cache.existingFolder(of: preset) ?? "-"
            Console.result(preset.name.padding(toLength: 26, withPad: " ", startingAt: 0) + place)
        }
    }
}

extension ModelPublisher: ExpressibleByArgument {}
