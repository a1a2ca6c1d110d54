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
        var status = statvfs()
        // A file system that does not tell is found full when it is.
        guard statvfs(folder, &status) == 0 else { return }
        let free = Int(clamping: status.f_bavail) * Int(clamping: status.f_frsize)
        guard free - reserve < count else { return }
        throw DownloadError(
            .diskFull, folder,
            "\(purpose) needs \(megabytes(count)) MB, \(megabytes(free)) MB are free; free some "
                + "space, or choose another place, and repeat")
    }

    private static func megabytes(_ count: Int) -> Int { (count + 999_999) / 1_000_000 }
}
