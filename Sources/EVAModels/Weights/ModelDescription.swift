package import EVAConfiguration

/// A model that was named by a user: its network, how its images are prepared, where its weights
/// lie.
package struct ModelDescription: Sendable {
    /// What the user wrote.
    package let name: String
    package var configuration: ModelConfiguration
    package var preprocessing: PreprocessingConfiguration
    /// The weights file; nil for a network without weights.
    package let weightsPath: String?
    /// What may differ between the weights and the network.
    package var policy = WeightPolicy.exact
}
