/// The sentences that describe scenes, from a small grammar.
///
/// A caption always names count, colour and shape; size and place come in about half of them, where
/// the scene has any. Frames such as "a picture of ..." say nothing and change the wording only.
struct ShapesCaption {
    /// The sentence.
    let text: String
    /// Equal for sentences that say the same, whatever their frame.
    let meaning: Int64

    /// Words a scene that has been drawn up.
    init(of scene: ShapesScene, using generator: inout SplitMix64) {
        let size = generator.below(2) == 0 ? scene.size.flatMap(Self.adjective) : nil
        let place = generator.below(2) == 0 ? scene.place.map(Self.phrase) : nil
        let subject = [
            size, scene.combination.colour.name,
            scene.objects.count == 1
                ? scene.combination.shape.name : scene.combination.shape.pluralName,
        ].compactMap { $0 }.joined(separator: " ")
        let counted = Self.counted(subject, scene.objects.count)
        let frame = generator.below(6)
        let framed =
            switch frame {
            case 0: "a picture of \(counted)"
            case 1: "a drawing of \(counted)"
            case 2 where scene.objects.count == 1: "there is \(counted)"
            case 2: "there are \(counted)"
            case 3 where scene.objects.count == 1: "one \(subject)"
            case 4 where scene.objects.count == 1: subject
            default: counted
            }
        text = place.map { framed + " " + $0 } ?? framed
        meaning = StableHash.of([counted, place ?? ""].joined(separator: "|").utf8)
    }

    private static func counted(_ subject: String, _ count: Int) -> String {
        switch count {
        case 1: "a \(subject)"
        case 2: "two \(subject)"
        default: "three \(subject)"
        }
    }

    /// The word for a size; the size between the others goes without one.
    private static func adjective(_ size: ShapesScene.Size) -> String? {
        size == .medium ? nil : size.rawValue
    }

    private static func phrase(_ place: ShapesScene.Place) -> String {
        switch place {
        case .middle: "in the middle"
        case .left: "on the left"
        case .right: "on the right"
        case .top: "at the top"
        case .bottom: "at the bottom"
        }
    }
}
