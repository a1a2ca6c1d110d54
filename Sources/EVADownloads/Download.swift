package import EVAHTTP
internal import Foundation

/// Brings one file from the web to the disk.
///
/// The file takes its name only when it is whole and has the size and digest that it must have. What
/// has come so far lies in `NAME.part`; broken transfers go on from there, in the same run or in the
/// next, and start anew where the file on the server has changed.
package struct Download: Sendable {
    /// The address, `http` or `https`.
    package var url: String
    /// Where the file goes; its folder must exist.
    package var path: String
    /// The size that it must have; nil where none is known.
    package var expectedSize: Int?
    /// The most bytes that are taken of a file whose size is not known, whatever the server says.
    package var largestSize = 64 << 30
    /// The digest that it must have; nil where none is known.
    package var expectedDigest: FileDigest?
    /// What opens a private address: sent to the host of `url` alone, never where it redirects to.
    package var token: String?
    /// How often its bytes are needed again beside it, as by an archive that is unpacked.
    package var unpackedCopies = 0
    /// How patient it is.
    package var policy = RetryPolicy()

    package init(_ url: String, to path: String) {
        self.url = url
        self.path = path
    }

    /// Brings the file; does nothing where it is already there.
    ///
    /// - Parameters:
    ///   - shouldStop: Asked about once a second and after each piece; true ends the work and keeps
    ///     what has come.
    ///   - report: Told what happens.
    /// - Throws: `DownloadError`.
    package func callAsFunction(
        shouldStop: () -> Bool = { false }, report: (DownloadEvent) -> Void = { _ in }
    ) throws {
        guard !isThere else { return }
        let lock = try FileLock(path + ".lock", shouldStop: shouldStop) { report(.waiting) }
        try withExtendedLifetime(lock) {
            guard !isThere else { return }
            try withoutActuallyEscaping(shouldStop) { shouldStop in
                try withoutActuallyEscaping(report) { report in
                    try bring(shouldStop, report)
                }
            }
        }
    }

    private var isThere: Bool { FileManager.default.fileExists(atPath: path) }

    private func bring(
        _ shouldStop: @escaping () -> Bool, _ report: @escaping (DownloadEvent) -> Void
    ) throws {
        let part = try PartialFile(for: path)
        // What an earlier run left may be what is wrong, so a second try starts from nothing.
        let tries = part.length > 0 ? 2 : 1
        for number in 1...tries {
            let attempt = DownloadAttempt(self, part, shouldStop: shouldStop, report: report)
            try transfer(attempt, part, shouldStop, report)
            guard let fault = try fault(of: part, shouldStop, report) else {
                return try part.publish()
            }
            try part.reset()
            guard number < tries else { throw DownloadError(.mismatch, url, fault) }
            report(.restarting(reason: fault))
        }
    }

    /// Tries until the server has no more bytes.
    private func transfer(
        _ attempt: DownloadAttempt, _ part: PartialFile, _ shouldStop: () -> Bool,
        _ report: (DownloadEvent) -> Void
    ) throws {
        var longest = part.length
        var failures = 0
        while true {
            let result = try attempt.run()
            failures = part.length > longest ? 1 : failures + 1
            longest = max(longest, part.length)
            switch result {
            case .whole: return
            case .changed(let reason):
                guard failures < policy.attempts else {
                    throw DownloadError(.unreachable, url, "\(reason), again and again")
                }
                report(.restarting(reason: reason))
                try part.reset()
            case .broken(let reason, let asked):
                guard failures < policy.attempts else {
                    throw DownloadError(
                        .unreachable, url,
                        "\(reason); given up after \(failures) tries\(Self.kept(part))")
                }
                let seconds = policy.wait(afterFailures: failures, asked: asked)
                guard seconds <= policy.longestWaitSeconds else {
                    throw DownloadError(
                        .unreachable, url,
                        "\(reason); it asks to come back in \(asked) seconds\(Self.kept(part))")
                }
                report(.retrying(reason: reason, seconds: seconds))
                try pause(seconds, shouldStop)
            }
        }
    }

    /// What is wrong with the size or the digest of a whole file; nil for nothing.
    private func fault(
        of part: PartialFile, _ shouldStop: () -> Bool, _ report: (DownloadEvent) -> Void
    ) throws(DownloadError) -> String? {
        if let expectedSize, part.length != expectedSize {
            return "got \(part.length) bytes, expected \(expectedSize); nothing is kept; the "
                + "address may hold another file now"
        }
        guard let expected = expectedDigest ?? part.origin?.sha256.map({ .sha256($0) }) else {
            return nil
        }
        let found = try expected.ofFile(part.path, shouldStop: shouldStop) {
            report(.verifying($0, of: part.length))
        }
        guard found != expected.hexadecimal else { return nil }
        return "\(expected.name) is \(found), expected \(expected.hexadecimal); the file was "
            + "damaged on the way or changed at its source; nothing is kept; repeat"
    }

    private func pause(_ seconds: Double, _ shouldStop: () -> Bool) throws(DownloadError) {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while clock.now < end {
            guard !shouldStop() else { throw DownloadAttempt.stopped(url) }
            usleep(20_000)
        }
    }

    private static func kept(_ part: PartialFile) -> String {
        part.length == 0
            ? ""
            : "; the \(part.length) bytes that are here are kept, the same command goes on from there"
    }
}
