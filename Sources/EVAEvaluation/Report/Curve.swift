/// A series made ready for drawing: few enough points, and a smooth line through them.
struct Curve {
    let points: [SIMD2<Double>]
    /// A moving mean through `points`; equal to them where they are few or lie smoothly already.
    let smoothed: [SIMD2<Double>]

    private static let pointLimit = 600
    private static let smoothingFrom = 60

    /// - Parameter points: from left to right; those that are not finite are left out.
    init(_ points: [SIMD2<Double>]) {
        let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
        let width = (finite.count + Self.pointLimit - 1) / Self.pointLimit
        let reduced =
            width <= 1
            ? finite
            : stride(from: 0, to: finite.count, by: width).map {
                Self.mean(finite[$0..<min($0 + width, finite.count)])
            }
        self.points = reduced
        guard reduced.count >= Self.smoothingFrom, Self.isNoisy(reduced) else {
            smoothed = reduced
            return
        }
        let reach = reduced.count / 50 + 1
        smoothed = reduced.indices.map { index in
            // Near the start, which is steep, the window shrinks to stay centred; at the end it
            // loses what lies beyond, so that the last value is not that of one step alone.
            let reach = min(reach, index)
            let window = reduced[index - reach...min(index + reach, reduced.count - 1)]
            return SIMD2(reduced[index].x, Self.mean(window).y)
        }
    }

    /// Whether the way up and down along the curve is much longer than the curve is high; a rate
    /// that rises and falls once goes twice its height.
    private static func isNoisy(_ points: [SIMD2<Double>]) -> Bool {
        let values = points.map(\.y)
        let way = zip(values, values.dropFirst()).reduce(0) { $0 + abs($1.1 - $1.0) }
        return way > 3 * ((values.max() ?? 0) - (values.min() ?? 0))
    }

    private static func mean(_ points: ArraySlice<SIMD2<Double>>) -> SIMD2<Double> {
        points.reduce(.zero, +) / Double(points.count)
    }
}
