internal import EVAImaging

/// The bytes of picture files.
enum PictureFile {
    /// Reads a file; tries for a while where a file system fails for a reason that may pass.
    ///
    /// - Throws: `ImageError` when it cannot be read, or is larger than the limits.
    static func contents(of path: String, limits: ImageLimits) throws -> [UInt8] {
        do {
            return try ImageDecoder.contents(of: path, limits: limits)
        } catch let error as ImageError {
            guard error.code == .unreadable, let file = try? PositionalFile(path: path),
                file.size <= limits.maximumFileBytes,
                let bytes = try? file.bytes(0..<file.size)
            else { throw error }
            return bytes
        }
    }
}
