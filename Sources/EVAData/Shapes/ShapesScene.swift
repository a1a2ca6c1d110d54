/// What one picture of the Shapes data set shows, in coordinates where the picture is 1 by 1.
package struct ShapesScene: Hashable, Sendable {
    /// How large a single object is.
    enum Size: String, CaseIterable {
        case small, medium, large
    }

    /// Where a single object lies.
    enum Place: String, CaseIterable {
        case middle, left, right, top, bottom
    }

    /// One drawn object: its centre, the radius of the circle around it, its tilt in radians.
    package struct Object: Hashable, Sendable {
        package var x: Float
        package var y: Float
        package var radius: Float
        package var tilt: Float

        /// No point of the object lies farther from its centre.
        package var reach: Float { ShapeDistance.reach * radius }
    }

    package let combination: ShapesCatalog.Combination
    /// `nil` for several objects, which share a size of their own.
    let size: Size?
    /// `nil` for several objects, which stand around the middle.
    let place: Place?
    package let objects: [Object]

    /// Draws lots for everything but the combination.
    package init(combination: ShapesCatalog.Combination, using generator: inout SplitMix64) {
        self.combination = combination
        let count = [1, 1, 1, 1, 1, 1, 1, 1, 2, 3][generator.below(10)]
        if count == 1 {
            let size = Size.allCases[generator.below(3)]
            // A large object fills the picture wherever it is put.
            let place = size == .large ? .middle : Place.allCases[generator.below(5)]
            self.size = size
            self.place = place
            objects = [Self.single(size, place, using: &generator)]
        } else {
            size = nil
            place = nil
            objects = Self.several(count, using: &generator)
        }
    }

    private static func single(
        _ size: Size, _ place: Place, using generator: inout SplitMix64
    ) -> Object {
        let radius =
            switch size {
            case .small: generator.uniform(0.19...0.21)
            case .medium: generator.uniform(0.25...0.27)
            case .large: generator.uniform(0.35...0.39)
            }
        // Off the middle by as much as leaves the object whole, and clearly more than the jitter.
        let offset = generator.uniform(0.17...max(0.17, 0.5 - ShapeDistance.reach * radius))
        let jitter: ClosedRange<Float> = size == .large ? -0.03...0.03 : -0.07...0.07
        var x = 0.5 + generator.uniform(jitter)
        var y = 0.5 + generator.uniform(jitter)
        switch place {
        case .middle: break
        case .left: x = 0.5 - offset
        case .right: x = 0.5 + offset
        case .top: y = 0.5 - offset
        case .bottom: y = 0.5 + offset
        }
        return Object(x: x, y: y, radius: radius, tilt: tilt(using: &generator))
    }

    /// Objects evenly around the middle: they never overlap and never leave the picture.
    private static func several(_ count: Int, using generator: inout SplitMix64) -> [Object] {
        let radius = count == 2 ? generator.uniform(0.17...0.19) : generator.uniform(0.15...0.16)
        let turn = generator.uniform(0...(2 * .pi))
        return (0..<count).map { index in
            let (sine, cosine) = sineAndCosine(turn + 2 * .pi * Float(index) / Float(count))
            return Object(
                x: 0.5 + 0.25 * cosine + generator.uniform(-0.02...0.02),
                y: 0.5 + 0.25 * sine + generator.uniform(-0.02...0.02),
                radius: radius, tilt: tilt(using: &generator))
        }
    }

    private static func tilt(using generator: inout SplitMix64) -> Float {
        generator.uniform(-0.3...0.3)
    }
}
