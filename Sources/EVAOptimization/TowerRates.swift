/// How fast one part of the model learns.
package struct TowerRates: Sendable, Equatable {
    /// The learning rate of the part's last layers at the schedule's peak.
    package let learningRate: Double
    /// Decoupled weight decay, a share of the weight times the learning rate.
    package let weightDecay: Double
    /// What the rate is multiplied by for each layer nearer to the input; 1 or more turns it off.
    package let layerDecay: Double

    package init(learningRate: Double, weightDecay: Double, layerDecay: Double) {
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        self.layerDecay = layerDecay
    }
}
