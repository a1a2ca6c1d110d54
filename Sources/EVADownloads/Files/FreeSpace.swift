internal import Glibc

/// The room on a disk.
package enum FreeSpace {
    /// What stays free for everything else.
    private static let reserve = 64 << 20

    /// Checks that a folder's disk takes so many bytes more.
    ///
    /// - Throws: `DownloadError` that says how much is missing.
    package static func require(_ count: Int, in folder: String, for purpose: String)
        throws(DownloadError)
    {
        // A file system that does not tell is found full when it is.
        guard let free = free(in: folder), free - reserve < count else { return }
        throw DownloadError(
            .diskFull, folder,
            "\(purpose) needs \(megabytes(count)) MB, \(megabytes(free)) MB are free; free some "
                + "space, or choose another place, and repeat")
    }

    /// How many bytes a folder's disk takes, apart from what stays free; nil where it does not tell.
    static func available(in folder: String) -> Int? {
        free(in: folder).map { max(0, $0 - reserve) }
    }

    private static func free(in folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(clamping: status.f_bavail).saturating(times: Int(clamping: status.f_frsize))
    }

    private static func megabytes(_ count: Int) -> Int {
        count / 1_000_000 + (count % 1_000_000 > 0 ? 1 : 0)
    }
}
