package import EVAConfiguration

/// Whether the ranks of a tensor axis can divide a model's layers evenly.
package enum TensorDivision {
    /// What a degree does not divide; nil where it divides everything that is divided.
    package static func obstacle(to degree: Int, in model: ModelConfiguration) -> String? {
        divided(in: model).first { $0.count % degree != 0 }.map { "\($0.count) \($0.name)" }
    }

    /// The degrees that divide it.
    package static func degrees(of model: ModelConfiguration) -> [Int] {
        let most = divided(in: model).map(\.count).min() ?? 1
        return (1...most).filter { obstacle(to: $0, in: model) == nil }
    }

    private static func divided(in model: ModelConfiguration) -> [(name: String, count: Int)] {
        [
            ("heads of the vision tower", model.vision.headCount),
            ("features of the vision tower's feed-forward", model.vision.mlpWidth),
            ("heads of the text tower", model.text.headCount),
            ("features of the text tower's feed-forward", model.text.mlpWidth),
            ("words of the vocabulary", model.text.vocabularySize),
        ]
    }
}
