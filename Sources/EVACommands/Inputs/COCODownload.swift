internal import ArgumentParser
internal import EVAConfiguration
internal import EVAData
internal import EVADownloads
internal import Foundation

/// Brings COCO with its captions where a run asks for it and it is missing, as the original does.
///
/// The archive comes first, then its content in a folder beside, and `images/` and `annotations/`
/// take their names when all of it is there; what was broken off goes on.
struct COCODownload {
    /// The original's archive, in which everything lies in the folder `coco`.
    private static let address =
        "https://bj.bcebos.com/v1/paddlenlp/datasets/paddlemix/coco.tar"
    private static let digest = "e670ce82b14b3f45d08c9370808ee1e7"
    private static let parts = ["images", "annotations"]

    private let root: String
    private let isUsualPlace: Bool
    private let environment: [String: String]
    private let manager = FileManager.default

    private var archive: String { root + "/coco.tar" }
    private var unpacked: String { root + "/coco.unpacking" }

    private init(_ configuration: TrainingDataConfiguration, environment: [String: String]) {
        root = configuration.root ?? COCOKarpathySource.defaultRoot(environment: environment)
        isUsualPlace = configuration.root == nil
        self.environment = environment
    }

    /// Makes sure that the data of a run is there.
    ///
    /// - Throws: `DataError` where it is missing and must not be downloaded; `DownloadError`;
    ///   `ExitCode` after a signal.
    static func prepare(_ configuration: TrainingDataConfiguration) throws {
        // The task may be a mixture.
        let tasks = configuration.words
        guard tasks.contains("coco_clip") || tasks.contains("coco_karpathy") else { return }
        let download = COCODownload(
            configuration, environment: ProcessInfo.processInfo.environment)
        guard download.isWanted else { return }
        guard configuration.downloads else {
            throw DataError(
                download.root,
                "COCO is not here: expected images/ and annotations/ in this folder; --download "
                    + "true brings them (20 GB), --data_root names another folder")
        }
        do {
            try download.run()
        } catch let error as DownloadError where error.code == .stopped {
            Console.note("\(error)")
            throw ExitCode(128 + (Interrupt.signalNumber ?? SIGINT))
        }
    }

    /// Whether there is nothing of the data here but what an earlier download left.
    ///
    /// Data of one's own that lacks something, or a folder that does not exist, is a mistake and not
    /// a wish for 20 GB.
    private var isWanted: Bool {
        if exists(archive) || exists(archive + ".part") || exists(unpacked) { return true }
        guard !Self.parts.contains(where: { exists(root + "/" + $0) }) else { return false }
        return isUsualPlace || exists(root)
    }

    private func exists(_ path: String) -> Bool { manager.fileExists(atPath: path) }

    private func run() throws {
        do {
            try manager.createDirectory(atPath: root, withIntermediateDirectories: true)
        } catch {
            throw DataError(root, "this folder cannot be made; --data_root names another")
        }
        Interrupt.watch()
        let shouldStop = { Interrupt.signalNumber != nil }
        let console = DownloadConsole()
        let lock = try FileLock(root + "/coco.lock", shouldStop: shouldStop) {
            console.show(.waiting, of: "coco.tar")
        }
        try withExtendedLifetime(lock) {
            guard isWanted else { return }
            var download = Download(named("EVACLIP_COCO_URL") ?? Self.address, to: archive)
            download.expectedDigest = .md5(try digest())
            download.unpackedCopies = 1
            Console.note("COCO is not in \(root): downloading \(download.url)")
            try download(shouldStop: shouldStop) { console.show($0, of: "coco.tar") }
            console.finish()
            try unpack(shouldStop)
        }
    }

    /// A variable of the environment; nil for an empty one too.
    private func named(_ variable: String) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The MD5 that the archive must have: the original's, wherever it comes from, unless another
    /// archive is meant.
    private func digest() throws(UsageError) -> String {
        guard let other = named("EVACLIP_COCO_MD5") else { return Self.digest }
        guard other.utf8.count == 32, other.allSatisfy(\.isHexDigit) else {
            throw UsageError("EVACLIP_COCO_MD5: expected 32 hexadecimal digits, got \"\(other)\"")
        }
        return other
    }

    private func unpack(_ shouldStop: () -> Bool) throws {
        let length = (try? manager.attributesOfItem(atPath: archive)[.size] as? Int) ?? 0
        Console.note("unpacking \(archive)")
        var progress = ProgressLine(total: length / 1_000_000, unit: "MB")
        let extractor = TarExtractor(into: unpacked, leavingAway: "coco")
        let count: Int?
        do {
            count = try extractor.unpack(archive, shouldStop: shouldStop) {
                progress.update($0 / 1_000_000)
            }
        } catch {
            guard error.place == archive else { throw error }
            throw DataError(archive, error.message + "; remove it to have it brought again")
        }
        progress.finish()
        guard let count else {
            throw DownloadError(
                .stopped, archive,
                "stopped; what is unpacked stays, the same command goes on from there")
        }
        for part in Self.parts {
            guard exists(root + "/" + part) || rename(unpacked + "/" + part, root + "/" + part) == 0
            else {
                throw DataError(
                    archive, "\(count) files, but no folder \(part)/ among them; expected COCO")
            }
        }
        try? manager.removeItem(atPath: unpacked)
        try? manager.removeItem(atPath: archive)
    }
}
