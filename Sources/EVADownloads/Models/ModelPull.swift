package import EVAConfiguration
package import EVAHTTP
internal import Foundation

/// Brings the files of a published model into the cache.
///
/// The model's folder takes its name when all of it is there, so what lies under that name is whole.
/// Until then the files lie in `NAME.PUBLISHER.part`, where the next run goes on.
package struct ModelPull: Sendable {
    /// The model.
    package let preset: ModelPreset
    /// Whose files.
    package let publisher: ModelPublisher
    /// Where it goes.
    package let cache: ModelCache
    /// How patient each download is.
    package var policy = RetryPolicy()
    private let addresses: ModelAddresses

    /// - Throws: `DownloadError` for a model that nobody publishes.
    package init(
        _ preset: ModelPreset, from publisher: ModelPublisher, environment: [String: String]
    ) throws(DownloadError) {
        guard let addresses = ModelAddresses(preset, from: publisher, environment: environment)
        else {
            throw DownloadError(
                .notFound, preset.name,
                "this model is for training from scratch; no weights of it are published")
        }
        self.preset = preset
        self.publisher = publisher
        self.addresses = addresses
        cache = ModelCache(environment: environment)
    }

    /// Where the model goes.
    package var folder: String { cache.folder(of: preset) }

    /// Brings what is missing; does nothing where the model is already there.
    ///
    /// - Parameters:
    ///   - shouldStop: True ends the work and keeps what has come.
    ///   - report: Told what happens, with the name of the file.
    ///   - finish: Called with the folder when all files are there, before it takes its name; what it
    ///     throws keeps the folder from being used.
    /// - Throws: `DownloadError`, or what `finish` throws.
    package func callAsFunction(
        shouldStop: () -> Bool = { false },
        report: (_ file: String, DownloadEvent) -> Void = { _, _ in },
        finish: (_ folder: String) throws -> Void = { _ in }
    ) throws {
        guard cache.existingFolder(of: preset) == nil else { return }
        try makeFolder(cache.models)
        let lock = try FileLock(folder + ".lock", shouldStop: shouldStop) {
            report(preset.name, .waiting)
        }
        try withExtendedLifetime(lock) {
            guard cache.existingFolder(of: preset) == nil else { return }
            let part = folder + ".\(publisher.rawValue).part"
            for file in addresses.files {
                try bring(file, into: part, shouldStop: shouldStop) { report(file.name, $0) }
            }
            try finish(part)
            guard rename(part, folder) == 0 else {
                throw DownloadError(
                    .unwritable, folder, "cannot be made: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Brings a file from the first address that has it.
    private func bring(
        _ file: ModelAddresses.File, into part: String, shouldStop: () -> Bool,
        report: (DownloadEvent) -> Void
    ) throws {
        let path = part + "/" + file.name
        try makeFolder((path as NSString).deletingLastPathComponent)
        var failure: DownloadError?
        for address in file.addresses {
            var download = Download(address, to: path)
            download.token = addresses.token
            download.policy = policy
            download.largestSize = file.largestSize
            do {
                return try download(shouldStop: shouldStop, report: report)
            } catch let error as DownloadError
                where error.code == .notFound || error.code == .refused
            {
                failure = failure ?? error
            }
        }
        if let failure, file.isNeeded { throw failure }
    }

    private func makeFolder(_ path: String) throws(DownloadError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DownloadError(
                .unwritable, path,
                "this folder cannot be made; EVACLIP_HOME names another place for the cache")
        }
    }
}
