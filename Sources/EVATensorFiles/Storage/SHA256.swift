import Glibc
import Libcrypto

/// Computes the SHA-256 digest of bytes that come in pieces.
///
/// libcrypto does the work, with the processor's instructions for it where there are some.
package final class SHA256 {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { fatalError("libcrypto has no SHA-256 or no memory for its state") }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Takes in the next bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.isEmpty || EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        else { fatalError("libcrypto refused \(bytes.count) bytes for SHA-256") }
    }

    /// The digest of all bytes so far, after which more may follow.
    package func digest() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        guard let copy = EVP_MD_CTX_new() else {
            fatalError("libcrypto has no memory for the state of SHA-256")
        }
        defer { EVP_MD_CTX_free(copy) }
        guard EVP_MD_CTX_copy_ex(copy, context) == 1,
            EVP_DigestFinal_ex(copy, &bytes, nil) == 1
        else { fatalError("libcrypto did not give the SHA-256 digest") }
        return SHA256Digest(bytes: bytes)
    }

    /// The digest of bytes at hand.
    package static func digest(of bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        let hash = SHA256()
        hash.update(bytes)
        return hash.digest()
    }

    /// The digest of a file of any size, read in pieces of one mebibyte.
    ///
    /// - Throws: `TensorFileError` when the path is missing, is no plain file, or cannot be read.
    package static func digest(ofFile path: String) throws(TensorFileError) -> SHA256Digest {
        // Without O_NONBLOCK a pipe would keep the program waiting for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .reading(path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .reading(path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no plain file"
            throw TensorFileError(.notAFile, path: path, "is \(kind); expected a file")
        }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        let hash = SHA256()
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { piece.deallocate() }
        while true {
            let count = read(descriptor, piece.baseAddress, piece.count)
            if count == 0 { return hash.digest() }
            if count > 0 {
                hash.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            } else if errno != EINTR {
                throw .reading(path, errno: errno)
            }
        }
    }
}
