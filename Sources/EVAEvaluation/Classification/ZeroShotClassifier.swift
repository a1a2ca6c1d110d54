internal import EVALayers
internal import EVAModels
package import Torch

/// A linear classifier made of sentences: the direction of each class is the mean of what its
/// prompts are encoded to (Radford et al., arXiv 2103.00020, 3.1.4).
///
/// It is built from the weights that the model has at that moment and belongs to them alone; after
/// a step of training a new one must be built.
///
/// Shapes: B = images, C = classes, T = templates, E = width of the joint embedding.
package struct ZeroShotClassifier {
    /// A unit vector a class, `[C, E]` in fp32.
    package let classVectors: Tensor

    /// Prompts that are encoded before they are averaged: what bounds the memory.
    private static let promptLimit = 4096

    /// Encodes the prompts of all classes, or takes what came of the same ones before.
    ///
    /// - Parameters:
    ///   - prompts: the classes and their sentences.
    ///   - encoder: the model to build it for.
    ///   - tokenize: gives a text's token ids, cut to the model's context.
    ///   - cache: where classifiers are kept; nil keeps none.
    /// - Throws: `EvaluationError` when a prompt's ids do not suit the model or a feature is not
    ///   finite.
    package init(
        _ prompts: PromptSet, encoder: FeatureEncoder, tokenize: (String) -> [Int32],
        cache: ClassifierCache? = nil
    ) throws {
        let classCount = prompts.classNames.count
        let templateCount = prompts.templates.count
        let tokens = (0..<classCount).flatMap { prompts.prompts(ofClass: $0).map(tokenize) }
        let key = try cache.map { _ in
            try ClassifierCache.key(ofTokens: tokens, classCount: classCount, encoder: encoder)
        }
        if let key, let kept = cache?.classVectors(key, classCount: classCount) {
            classVectors = kept.moved(to: encoder.model.store.device)
            return
        }
        let step = max(1, Self.promptLimit / templateCount)
        let parts = try stride(from: 0, to: classCount, by: step).map { first in
            let classes = first..<min(first + step, classCount)
            let places = classes.lowerBound * templateCount..<classes.upperBound * templateCount
            let features = try encoder.texts(Array(tokens[places]))  // [c * T, E]
            return features.reshaped([classes.count, templateCount, -1])
                .mean(dimension: 1).normalized()  // [c, E]
        }
        classVectors = Tensor.concatenated(parts, dimension: 0)
        if let key { cache?.keep(classVectors, under: key) }
    }

    /// Scores of images for all classes: 100 times the cosine.
    ///
    /// - Parameter features: unit vectors `[B, E]`.
    /// - Returns: `[B, C]`.
    /// - Precision: fp32, whatever the model computes in.
    package func logits(_ features: Tensor) -> Tensor {
        features.cast(to: .float32).matmul(classVectors.transposed(0, 1)) * 100
    }
}
