import Glibc

/// A new file that is being written in order, small pieces gathered into larger ones.
///
/// Only `AtomicFile` makes one, for the length of a closure.
package final class FileOutput {
    // Pieces smaller than this wait in memory; larger ones go straight to the system.
    private static let gatherLimit = 1 << 16
    private static let pieceLength = 1 << 18

    private let descriptor: Int32
    // The path in messages: the one that the user gave, not the temporary one.
    private let path: String
    private var gathered: [UInt8] = []
    private let hash = SHA256()
    /// Bytes written so far.
    package private(set) var count = 0

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        count += bytes.count
        if gathered.count + bytes.count > Self.gatherLimit { try flush() }
        if bytes.count > Self.gatherLimit {
            try writeOut(bytes)
        } else {
            gathered.append(contentsOf: bytes)
        }
    }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Appends the bytes of a tensor, and lets go of its pages when it is mapped.
    package func write(_ tensor: HostTensor) throws {
        try tensor.withUnsafeBytes { try write($0) }
        tensor.releasePages()
    }

    /// Hands everything to the system and waits until it lies on the device.
    ///
    /// - Returns: the digest of all that was written.
    func finish() throws -> SHA256Digest {
        try flush()
        guard fsync(descriptor) == 0 else { throw TensorFileError.writing(path, errno: errno) }
        return hash.digest()
    }

    private func flush() throws {
        try gathered.withUnsafeBytes { try writeOut($0) }
        gathered.removeAll(keepingCapacity: true)
    }

    // In pieces that are still in the processor's cache when they are hashed.
    private func writeOut(_ bytes: UnsafeRawBufferPointer) throws {
        for start in stride(from: 0, to: bytes.count, by: Self.pieceLength) {
            let end = min(bytes.count, start + Self.pieceLength)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            hash.update(piece)
            try send(piece)
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(
                descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                throw TensorFileError.writing(path, errno: written == 0 ? ENOSPC : errno)
            }
        }
    }
}
