package import EVAConfiguration
package import EVAImaging

extension EvaluationTransform {
    /// The evaluation transform that a model's preprocessing describes.
    package init(_ preprocessing: PreprocessingConfiguration) {
        let interpolation: Interpolation =
            switch preprocessing.interpolation {
            case .bicubic: .bicubic
            case .bilinear: .bilinear
            }
        let resizeMode: ResizeMode =
            switch preprocessing.resizeMode {
            case .shortest: .shortest
            case .squash: .squash
            case .longest: .longest
            }
        self.init(
            imageSize: preprocessing.imageSize, mean: preprocessing.mean, std: preprocessing.std,
            interpolation: interpolation, resizeMode: resizeMode)
    }
}

extension TrainingTransform {
    /// The training transform for a model's preprocessing: random crops of 0.9 to 1.0 of the area.
    package init(_ preprocessing: PreprocessingConfiguration, flipProbability: Double) {
        self.init(
            imageSize: preprocessing.imageSize, mean: preprocessing.mean, std: preprocessing.std,
            flipProbability: flipProbability)
    }
}
