internal import EVAConfiguration
internal import EVATensorFiles
internal import Foundation

/// What the demo trains: a small EVA-02 on drawn scenes, from scratch, in minutes on two cores.
struct DemoRecipe {
    /// Steps that take less than five minutes on two cores.
    static let steps = 3000

    /// Scenes that the evaluation draws.
    static let evaluationSceneCount = 1200

    let outputDirectory: String
    let steps: Int
    let threadCount: Int?

    /// RoPE, SwiGLU and norms inside, as EVA-02 has them, at a size for pictures of 48 pixels.
    static let model = ModelConfiguration(
        embedWidth: 128,
        vision: VisionConfiguration(
            imageSize: 48, patchSize: 12, width: 128, layerCount: 4, headWidth: 32, mlpWidth: 320,
            mlpKind: .swiGLU, usesSubLayerNorm: true, rope: RopeConfiguration()),
        text: TextConfiguration(width: 64, headCount: 2, layerCount: 2))

    /// The run; its model's configuration is written beside it.
    func configuration() throws -> TrainingConfiguration {
        let path = outputDirectory + "/model.json"
        let model = Self.model.reiJSON()
        // The demo shows the same again and again; of other runs it replaces nothing.
        let isDemo = FileManager.default.contents(atPath: path) == model
        try AtomicFile.write([UInt8](model), to: path)
        var configuration = TrainingConfiguration(
            model: ModelSource(name: path, configurationFile: nil, loadsWeights: false),
            outputDirectory: outputDirectory)
        configuration.checkpoints.overwritesOutput = isDemo
        configuration.data.task = "shapes"
        configuration.data.batchSize = 64
        configuration.data.augmentation = .none
        configuration.data.workerCount = 1
        configuration.loss.masksDuplicates = true
        configuration.optimization.optimizer = .adamW
        configuration.optimization.beta2 = 0.98
        configuration.optimization.visual.learningRate = 1e-3
        configuration.optimization.visual.layerDecay = 1
        configuration.optimization.text.learningRate = 1e-3
        configuration.optimization.text.layerDecay = 1
        configuration.optimization.logitScaleLearningRate = 3e-3
        configuration.optimization.schedule.warmupSteps = steps / 12
        configuration.optimization.maxGradientNorm = 1
        configuration.optimization.maxSteps = steps
        configuration.logging.everySteps = 20
        configuration.checkpoints.strategy = .none
        configuration.threadCount = threadCount
        return configuration
    }
}
