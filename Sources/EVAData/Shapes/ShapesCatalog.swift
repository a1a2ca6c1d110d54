/// The words of the Shapes data set and which of their combinations are kept out of training.
public enum ShapesCatalog {
    /// A colour that captions name.
    public struct Colour: Sendable, Hashable {
        /// The word in captions.
        public let name: String
        /// Red, green and blue from 0 to 1.
        public let rgb: SIMD3<Float>
    }

    /// A shape that captions name.
    public enum Shape: String, Sendable, Hashable, CaseIterable {
        /// A disc.
        case circle
        /// A square with upright sides, give or take the scene's tilt.
        case square
        /// An equilateral triangle, tip up.
        case triangle
        /// A star with five tips.
        case star
        /// An upright cross with arms of equal length.
        case cross
        /// A thick circle line.
        case ring
        /// A heart, tip down.
        case heart
        /// A moon's sickle, open to the right.
        case crescent

        /// The word in captions.
        public var name: String { rawValue }
        /// The word for several.
        public var pluralName: String { self == .cross ? "crosses" : rawValue + "s" }
    }

    /// A colour with a shape: a class of the data set.
    public struct Combination: Sendable, Hashable {
        /// The position of the colour in `colours`.
        public let colourIndex: Int
        /// The shape.
        public let shape: Shape

        /// The colour.
        public var colour: Colour { ShapesCatalog.colours[colourIndex] }
        /// The name of the class, for instance "red circle".
        public var name: String { colour.name + " " + shape.name }

        /// Whether no scene for training shows it.
        ///
        /// A Latin square: three shapes of every colour and three colours of every shape are held
        /// out, so each word is seen in training equally often.
        public var isHeldOut: Bool {
            let shapeIndex = Shape.allCases.firstIndex(of: shape) ?? 0
            return [0, 3, 5].contains((shapeIndex + 3 * colourIndex) % 8)
        }
    }

    /// The eight colours.
    ///
    /// None begins with a vowel, so that "a {}" is always right.
    public static let colours = [
        Colour(name: "red", rgb: [0.86, 0.12, 0.12]),
        Colour(name: "green", rgb: [0.13, 0.66, 0.22]),
        Colour(name: "blue", rgb: [0.16, 0.30, 0.88]),
        Colour(name: "yellow", rgb: [0.96, 0.88, 0.18]),
        Colour(name: "purple", rgb: [0.48, 0.16, 0.66]),
        Colour(name: "cyan", rgb: [0.20, 0.84, 0.90]),
        Colour(name: "white", rgb: [0.97, 0.97, 0.97]),
        Colour(name: "pink", rgb: [1.00, 0.52, 0.74]),
    ]

    /// The eight shapes.
    public static let shapes = Shape.allCases

    /// All 64 combinations, colour by colour.
    public static let combinations = colours.indices.flatMap { colourIndex in
        shapes.map { Combination(colourIndex: colourIndex, shape: $0) }
    }

    /// The 40 combinations that training shows.
    public static let trainingCombinations = combinations.filter { !$0.isHeldOut }

    /// The 24 combinations that training never shows.
    public static let heldOutCombinations = combinations.filter(\.isHeldOut)

    /// Sentences for zero-shot classification, `{}` standing for the name of a class.
    public static let templates = [
        "a {}", "a picture of a {}", "a drawing of a {}", "there is a {}", "one {}",
    ]
}
