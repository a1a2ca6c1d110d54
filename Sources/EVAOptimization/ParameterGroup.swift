package import EVALayers

/// Parameters that share a learning rate and a weight decay.
package struct ParameterGroup {
    /// The parts of a model that have rates of their own.
    package enum Tower: String, Sendable, CaseIterable {
        case visual
        /// What belongs to neither tower: the logit scale.
        case other
        case text
    }

    package let tower: Tower
    package let parameters: [Parameter]
    package let weightDecay: Double
    /// The layer decay to the power of the distance from the last layer.
    package let layerScale: Double
    /// The learning rate at the schedule's peak, layer scale included.
    package let learningRate: Double
}
