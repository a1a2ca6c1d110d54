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
            interpolation: interpolation, resizeMode: resizeMode,
            appliesOrientation: preprocessing.exifOrientation == .apply)
    }
}

extension TrainingTransform {
    /// The training transform for a model's preprocessing: random crops of 0.9 to 1.0 of the area.
    package init(
        _ preprocessing: PreprocessingConfiguration, data: TrainingDataConfiguration
    ) {
        self.init(
            imageSize: preprocessing.imageSize, mean: preprocessing.mean, std: preprocessing.std,
            flipProbability: data.flips ? 0.5 : 0,
            colorJitter: data.colorJitter.map {
                ColorJitter(
                    brightness: $0.brightness, contrast: $0.contrast, saturation: $0.saturation,
                    hue: $0.hue, probability: $0.probability)
            }, grayscaleProbability: data.grayscale,
            appliesOrientation: preprocessing.exifOrientation == .apply)
    }
}
