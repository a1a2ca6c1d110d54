internal import EVAConfiguration
internal import EVAModels

/// The network that a run trains, as its loss needs it.
struct RunModel {
    private(set) var description: ModelDescription
    /// Whether the model has a logit bias only for this run's loss.
    let addsLogitBias: Bool

    /// Finds the model that a configuration names.
    init(_ configuration: TrainingConfiguration) throws {
        description = try ModelLocator.locate(configuration.model)
        addsLogitBias =
            configuration.loss.kind == .sigmoid && description.configuration.initialLogitBias == nil
        if addsLogitBias { description.configuration.initialLogitBias = CLIP.usualLogitBias }
    }
}
