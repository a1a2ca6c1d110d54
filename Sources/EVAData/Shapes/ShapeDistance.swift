/// Signed distances to the outlines of the shapes, in units where a circle of about 1 goes around.
///
/// Negative inside; exact next to the outline's smooth parts and straight lines, which is all that
/// anti-aliasing needs. The y axis points down.
enum ShapeDistance {
    /// No point of any shape lies farther from its centre.
    static let reach: Float = 1.2

    /// The distance of a point from a shape's outline.
    @inline(__always)
    static func of(_ shape: ShapesCatalog.Shape, x: Float, y: Float) -> Float {
        switch shape {
        case .circle: (x * x + y * y).squareRoot() - 0.92
        case .square: max(abs(x), abs(y)) - 0.78
        case .triangle: triangle(x, y)
        case .star: star(abs(x), -y)
        case .cross: cross(abs(x), abs(y))
        case .ring: abs((x * x + y * y).squareRoot() - 0.71) - 0.22
        case .heart: heart(abs(x), y)
        case .crescent: crescent(x, y)
        }
    }

    /// Three half-planes at a distance of 0.55 from the centroid, which lies a little below the middle.
    @inline(__always)
    private static func triangle(_ x: Float, _ y: Float) -> Float {
        let y = y - 0.15
        return max(y, 0.866_025_4 * abs(x) - 0.5 * y) - 0.55
    }

    /// Two bars.
    @inline(__always)
    private static func cross(_ x: Float, _ y: Float) -> Float {
        min(max(x - 0.95, y - 0.30), max(x - 0.30, y - 0.95))
    }

    /// A disc without another one.
    @inline(__always)
    private static func crescent(_ x: Float, _ y: Float) -> Float {
        let hole = ((x - 0.42) * (x - 0.42) + y * y).squareRoot()
        return max((x * x + y * y).squareRoot() - 0.95, 0.76 - hole)
    }

    /// The line from a tip to the notch beside it, after folding the plane into that tenth of the star.
    @inline(__always)
    private static func star(_ x: Float, _ y: Float) -> Float {
        // The fold line, at 54 degrees, and the direction across it, away from the upper tip.
        let cosine: Float = 0.587_785_25
        let sine: Float = 0.809_017
        var x = x
        var y = y
        for _ in 0..<2 {
            let across = max(x * sine - y * cosine, 0)
            x = abs(x - 2 * across * sine)
            y += 2 * across * cosine
        }
        // Tip (0, 1.05), notch 0.46 on the fold line; the normal of the edge between them.
        let tip: Float = 1.05
        let notchX = 0.46 * cosine
        let notchY = 0.46 * sine
        let length = (notchX * notchX + (tip - notchY) * (tip - notchY)).squareRoot()
        return (x * (tip - notchY) + (y - tip) * notchX) / length
    }

    /// Two discs, and the wedge between the tip at (0, 0.95) and the lines from it that touch them.
    @inline(__always)
    private static func heart(_ x: Float, _ y: Float) -> Float {
        let discX: Float = 0.42
        let discY: Float = -0.30
        let disc =
            ((x - discX) * (x - discX) + (y - discY) * (y - discY)).squareRoot() - 0.5
        // The touching line's outward normal: unit, and 0.5 from the disc's centre to the line.
        let normalX: Float = 0.756_5
        let normalY: Float = 0.654_0
        let edge = normalX * x + normalY * (y - 0.95)
        let beside = normalY * (x - discX) - normalX * (y - discY)
        return min(disc, max(edge, max(beside, discY - y)))
    }
}
