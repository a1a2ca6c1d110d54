package import Torch

/// Features of pictures with their classes.
package struct LabelledFeatures {
    /// Unit vectors `[N, E]`, fp32.
    package let features: Tensor
    /// The class of each.
    package let labels: [Int]

    /// Puts features and classes together.
    package init(_ features: Tensor, labels: [Int]) {
        self.features = features
        self.labels = labels
    }

    /// The samples at some places.
    func selected(_ places: [Int]) -> LabelledFeatures {
        let indices = Tensor(places.map(Int64.init), shape: [places.count]).moved(
            to: features.device)
        return LabelledFeatures(
            features.selected(indices: indices, dimension: 0), labels: places.map { labels[$0] })
    }
}
