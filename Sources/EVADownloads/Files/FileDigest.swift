internal import Glibc
internal import Libcrypto

/// The digest that a file must have, as its publisher states it.
package enum FileDigest: Sendable, Equatable {
    /// 64 hexadecimal digits.
    case sha256(String)
    /// 32 hexadecimal digits; tells a damaged file, not a forged one.
    case md5(String)

    private var algorithm: OpaquePointer? {
        switch self {
        case .sha256: EVP_sha256()
        case .md5: EVP_md5()
        }
    }

    var name: String {
        switch self {
        case .sha256: "sha256"
        case .md5: "md5"
        }
    }

    var hexadecimal: String {
        switch self {
        case .sha256(let text), .md5(let text): text.lowercased()
        }
    }

    /// The digest of the same kind of what a file holds, in hexadecimal.
    ///
    /// - Parameters:
    ///   - shouldStop: Asked after each piece.
    ///   - progress: Told how many bytes are done.
    /// - Throws: `DownloadError` when the file cannot be read or the work was stopped.
    func ofFile(_ path: String, shouldStop: () -> Bool, progress: (Int) -> Void)
        throws(DownloadError) -> String
    {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw DownloadError(
                .unwritable, path, "cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, algorithm, nil) == 1
        else { fatalError("libcrypto has no \(name) or no memory for its state") }
        defer { EVP_MD_CTX_free(context) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { piece.deallocate() }
        var done = 0
        while true {
            guard !shouldStop() else {
                throw DownloadError(.stopped, path, "stopped while its \(name) was taken")
            }
            let count = read(file, piece.baseAddress, piece.count)
            if count == 0 { break }
            if count > 0 {
                EVP_DigestUpdate(context, piece.baseAddress, count)
                done += count
                progress(done)
            } else if errno != EINTR {
                throw DownloadError(
                    .unwritable, path, "cannot be read: \(String(cString: strerror(errno)))")
            }
        }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        EVP_DigestFinal_ex(context, &digest, &length)
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in digest.prefix(Int(length)) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
