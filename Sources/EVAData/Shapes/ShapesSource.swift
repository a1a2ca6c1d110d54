import EVAImaging

/// The embedded data set: captioned scenes of coloured shapes, drawn when they are asked for.
///
/// A scene is a pure function of (seed, split, index); nothing is stored. Scenes take the
/// combinations of colour and shape in turn, so every class has as many scenes as any other.
public struct ShapesSource: SampleSource {
    /// The parts of the data set; their scenes never coincide.
    public enum Split: String, Sendable, CaseIterable {
        /// The combinations that training shows.
        case training
        /// The same combinations in other scenes.
        case validation
        /// The combinations that training never shows.
        case heldOut

        /// The combinations, in the order of the labels.
        public var combinations: [ShapesCatalog.Combination] {
            self == .heldOut
                ? ShapesCatalog.heldOutCombinations : ShapesCatalog.trainingCombinations
        }

        fileprivate var stream: UInt64 {
            switch self {
            case .training: 1
            case .validation: 2
            case .heldOut: 3
            }
        }
    }

    /// The part of the data set.
    public let split: Split
    /// How many scenes there are.
    public let count: Int
    /// Width and height of the pictures in pixels.
    public let imageSize: Int
    /// The seed of the scenes.
    public let seed: UInt64
    private let combinations: [ShapesCatalog.Combination]

    /// `shapes:` and the split.
    public var name: String { "shapes:" + split.rawValue }

    /// The number of scenes and classes.
    public var summary: String {
        "\(name): \(count) scenes of \(combinations.count) combinations, \(imageSize) pixels, "
            + "seed \(seed)"
    }

    /// The name of each class, in the order of the labels.
    public var classNames: [String] { combinations.map(\.name) }

    /// Describes a set of scenes.
    ///
    /// - Parameters:
    ///   - split: The part of the data set.
    ///   - count: How many scenes there are.
    ///   - imageSize: Width and height of the pictures in pixels.
    ///   - seed: The seed of the scenes.
    public init(split: Split, count: Int, imageSize: Int = 64, seed: UInt64 = 0) {
        self.split = split
        self.count = count
        self.imageSize = imageSize
        self.seed = seed
        combinations = split.combinations
    }

    /// Draws one scene and words its caption.
    ///
    /// - Parameter index: A scene in `0 ..< count`.
    /// - Returns: The pixels, the caption, and the class's place in `classNames`.
    public func sample(at index: Int) -> Sample {
        let (image, caption) = scene(at: index)
        return Sample(
            picture: .pixels(image), text: .caption(caption.text),
            label: index % combinations.count, textKey: caption.meaning)
    }

    /// The picture and caption of one scene.
    func scene(at index: Int) -> (image: Image, caption: ShapesCaption) {
        var lots = SplitMix64(hashing: seed, split.stream, UInt64(index))
        let scene = ShapesScene(
            combination: combinations[index % combinations.count], using: &lots)
        let caption = ShapesCaption(of: scene, using: &lots)
        let pixels = ShapesPainter.paint(scene, size: imageSize, using: &lots)
        return (Image(width: imageSize, height: imageSize, mode: .rgb, pixels: pixels), caption)
    }
}
