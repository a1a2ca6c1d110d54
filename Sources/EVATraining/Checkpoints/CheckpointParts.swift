internal import EVATensorFiles
internal import Foundation

/// How the ranks of a run tell each other, through the folder that they fill, who has written what.
///
/// Each of the others leaves the list of its files beside them when they are whole, or the reason
/// why they are not; the writing rank waits for the lists. So threads that write while training goes
/// on need no collective, of which the order must be the same on all ranks.
struct CheckpointParts: Sendable {
    /// The folder, under its temporary name.
    let folder: String
    /// The number of ranks that write.
    let count: Int
    /// How long the writing rank waits for the others while none of their files grows.
    let patience: Duration

    /// Writes what a rank has, and leaves the list of its files, or the reason why there is none.
    func write(_ contents: CheckpointContents) throws {
        do {
            let sums = try contents.write(into: folder)
            try AtomicFile.write(sums.text, to: path(contents.part, "list"))
        } catch {
            // Where not even that can be written, the rank itself ends the run.
            _ = try? AtomicFile.write("\(error)", to: path(contents.part, "failure"))
            throw error
        }
    }

    /// Writes what the writing rank has, and waits for the others.
    ///
    /// - Parameter isEnding: as in `collect`.
    /// - Returns: the digests of all files.
    func writeAll(_ contents: CheckpointContents, isEnding: () -> Bool) throws -> FolderChecksums {
        var sums = try contents.write(into: folder)
        sums.add(try collect(isEnding: isEnding))
        let average = sums.inside(TrainedModel.averageFolder)
        if !average.digests.isEmpty {
            let list = "\(TrainedModel.averageFolder)/\(FolderChecksums.fileName)"
            sums[list] = try average.write(into: "\(folder)/\(TrainedModel.averageFolder)")
        }
        return sums
    }

    /// Waits for the lists of all others.
    ///
    /// - Parameter isEnding: whether the run ends, so that others may have ended before they were
    ///   done.
    /// - Throws: `TrainingError` that names the rank whose files are not whole, or did not come.
    private func collect(isEnding: () -> Bool) throws -> FolderChecksums {
        var sums = FolderChecksums()
        var (size, lastGrowth) = (0, ContinuousClock.now)
        var awaited = Array(1..<max(1, count))
        while true {
            awaited = try awaited.filter { part in
                if let reason = FileManager.default.contents(atPath: path(part, "failure")) {
                    throw TrainingError(
                        "rank \(part) could not write its part of the checkpoint: "
                            + String(decoding: reason, as: UTF8.self))
                }
                guard let list = try FolderChecksums(listAt: path(part, "list")) else {
                    return true
                }
                try expectFiles(of: list, part: part)
                sums.add(list)
                unlink(path(part, "list"))
                return false
            }
            guard let missing = awaited.first else { return sums }
            let present = byteCount
            if present != size { (size, lastGrowth) = (present, .now) }
            let limit = isEnding() ? min(patience, Self.patienceAtEnd) : patience
            guard ContinuousClock.now - lastGrowth < limit else {
                throw TrainingError(
                    "rank \(missing) has not written its part of the checkpoint, and nothing of it "
                        + "came for \(limit.components.seconds) s")
            }
            usleep(50_000)
        }
    }

    private static let patienceAtEnd = Duration.seconds(5)

    /// Makes sure that this rank sees what another wrote.
    private func expectFiles(of list: FolderChecksums, part: Int) throws {
        for name in list.digests.keys.sorted()
        where access("\(folder)/\(name)", R_OK) != 0 {
            throw TrainingError("\(name), which rank \(part) wrote, is not in the checkpoint")
        }
    }

    private var byteCount: Int {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.reduce(0) { total, name in
            var status = stat()
            return total + (lstat("\(folder)/\(name)", &status) == 0 ? Int(status.st_size) : 0)
        }
    }

    private func path(_ part: Int, _ kind: String) -> String { "\(folder)/.part-\(part).\(kind)" }
}
