extension RemoteFile {
    /// All bytes of a small file.
    ///
    /// - Parameters:
    ///   - address: Where it is.
    ///   - limit: The most bytes that it may have.
    ///   - access: How it is asked for.
    /// - Throws: `RemoteError` as reading does, and for a file that is larger.
    package static func contents(of address: String, limit: Int, access: RemoteAccess)
        throws(RemoteError) -> [UInt8]
    {
        let file = try RemoteFile(RemoteAddress(address), access: access)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { piece.deallocate() }
        var bytes: [UInt8] = []
        while true {
            let count = try file.read(into: piece, at: bytes.count)
            bytes += piece[..<count]
            guard bytes.count <= limit else {
                throw RemoteError(
                    .refused, file.name,
                    "has more than the \(limit) bytes that such a file may have")
            }
            if count < piece.count { return bytes }
        }
    }
}
