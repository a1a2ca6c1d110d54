/// What a picture from outside may ask for.
///
/// Checked on its header, before memory is allocated.
public struct ImageLimits: Sendable, Equatable {
    /// The most pixels that a picture may have.
    ///
    /// The default is the size at which Pillow refuses a "decompression bomb".
    public var maximumPixels: Int
    /// The fewest pixels that each side may have.
    public var minimumSide: Int
    /// The most pixels that a side may have, however short the other.
    public var maximumSide: Int
    /// The most bytes that a file may have.
    public var maximumFileBytes: Int

    /// Limits, each with a default that fits photographs of any camera.
    ///
    /// - Parameters:
    ///   - maximumPixels: The most pixels that a picture may have.
    ///   - minimumSide: The fewest pixels that each side may have.
    ///   - maximumSide: The most pixels that a side may have.
    ///   - maximumFileBytes: The most bytes that a file may have.
    public init(
        maximumPixels: Int = 178_956_970, minimumSide: Int = 1, maximumSide: Int = 1_000_000,
        maximumFileBytes: Int = 1 << 30
    ) {
        self.maximumPixels = maximumPixels
        self.minimumSide = minimumSide
        self.maximumSide = maximumSide
        self.maximumFileBytes = maximumFileBytes
    }

    /// Throws when a picture of this size is refused.
    func check(width: Int, height: Int, format: ImageFormat, name: String) throws {
        guard width >= 1, height >= 1 else {
            throw ImageError(
                .corrupt, name: name, "corrupt \(format.rawValue): \(width) x \(height) pixels")
        }
        guard min(width, height) >= minimumSide else {
            throw ImageError(
                .tooSmall, name: name,
                "\(format.rawValue) of \(width) x \(height) pixels; "
                    + "each side needs at least \(minimumSide)")
        }
        guard max(width, height) <= maximumSide, width <= maximumPixels / height else {
            throw ImageError(
                .tooLarge, name: name,
                "\(format.rawValue) of \(width) x \(height) pixels; at most \(maximumPixels) "
                    + "pixels and sides of \(maximumSide) are read; make it smaller")
        }
    }
}
