internal import EVAConfiguration
internal import EVAEvaluation
internal import EVALayers
internal import EVAModels
internal import EVATensorFiles
internal import Foundation
internal import Torch

/// Where a verb writes weights to: a file, or a model folder.
struct WeightsOutput {
    /// The names that a model folder may hold; a folder with others is not replaced.
    private static let knownNames: Set<String> = [
        "config.json", "open_clip_config.json", "processor", GoldenVectors.fileName,
        FolderChecksums.fileName, ShardedSafetensorsWriter.indexName,
    ]

    let path: String
    let isFolder: Bool
    let form: ModelFolderForm
    private let options: WeightsOutputOptions

    /// - Throws: `WeightsError` when the path must not be written to.
    init(
        _ path: String, isFolder: Bool, form: ModelFolderForm, options: WeightsOutputOptions,
        inputs: [ModelDescription]
    ) throws {
        self.path = path
        self.isFolder = isFolder
        self.form = form
        self.options = options
        for input in inputs {
            for used in [input.name, input.weightsPath].compactMap({ $0 })
            where Self.real(used) == Self.real(path) {
                throw WeightsError(
                    "\(path): is read as well as written; choose another output")
            }
            if let weights = input.weightsPath, isFolder,
                Self.real(weights).hasPrefix(Self.real(path) + "/")
            {
                throw WeightsError(
                    "\(path): holds \(weights), which is read; choose another output")
            }
        }
        if isFolder {
            try AtomicDirectory.recover(path)
        } else {
            TemporaryName.removeAbandoned(of: path)
        }
        try checkExisting()
    }

    private func checkExisting() throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            return
        }
        guard options.force else {
            throw WeightsError("\(path): exists; choose another output, or replace it by --force")
        }
        guard isFolder == isDirectory.boolValue else {
            throw WeightsError(
                "\(path): is a \(isFolder ? "file" : "folder"), and a "
                    + "\(isFolder ? "folder" : "file") is to be written; choose another output")
        }
        guard isFolder else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        let foreign = names.filter { name in
            !Self.knownNames.contains(name) && WeightsFormat(suffixOf: name) == nil
        }
        guard foreign.isEmpty else {
            throw WeightsError(
                "\(path): holds \(foreign.sorted()[0]), which is no part of a model; not replaced: "
                    + "choose another output")
        }
    }

    /// Writes the weights, and for a folder all that belongs to it.
    ///
    /// - Parameters:
    ///   - export: the weights.
    ///   - model: whose configuration and preprocessing the folder gets.
    ///   - shardSize: the most bytes in one file of a folder.
    ///   - golden: makes the vectors for a folder, given the folder as it is so far.
    func write(
        _ export: WeightsExport, of model: ModelDescription, shardSize: Int? = nil,
        golden: (_ folder: String) throws -> GoldenVectors?
    ) throws {
        try checkSpace(for: export)
        if isFolder {
            try ModelFolderWriter(
                model.configuration, preprocessing: model.preprocessing, form: form,
                shardSize: shardSize
            ).write(export, to: path, replaces: options.force) { folder in
                options.golden ? try golden(folder) : nil
            }
        } else {
            try form.format.write(export, to: path)
        }
        Console.result(
            "\(path): \(export.entries.count) tensors in \(export.naming.rawValue) names, "
                + String(format: "%.1f MB", Double(export.byteCount) / 1e6))
    }

    /// The golden vectors of a model, computed on the chosen device.
    func computeGolden(_ model: ModelDescription, weightTypes: Set<ElementType>) throws
        -> GoldenVectors
    {
        let device = try ComputeDevice.prepare(named: options.device, threadCount: options.threads)
        let clip = try CLIP(
            loading: model, device: device, dtype: ModelVerifier.computeDType(for: model))
        return try GoldenVectors(
            of: clip, preprocessing: model.preprocessing, weightTypes: weightTypes)
    }

    /// Finds out before the work whether its result has room.
    private func checkSpace(for export: WeightsExport) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
        var status = statvfs()
        guard statvfs(folder, &status) == 0, access(folder + "/.", W_OK | X_OK) == 0 else {
            throw WeightsError(
                "\(path): its folder \(folder) cannot be written: \(String(cString: strerror(errno)))"
            )
        }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        // The header, the configuration and the golden vectors beside the tensors.
        let needed = export.byteCount + (4 << 20)
        guard needed <= free else {
            throw WeightsError(
                "\(path): needs \(needed) bytes, of which \(free) are free; free some space or "
                    + "choose another output")
        }
    }

    /// The path without links and relative parts, of what may not exist yet.
    private static func real(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
}
