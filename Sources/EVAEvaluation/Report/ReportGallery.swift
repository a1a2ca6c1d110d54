package import EVAConfiguration
package import EVAData
internal import EVALayers
internal import EVAModels
internal import Torch

/// Pictures for a report, taken at random from labelled ones: what the model finds likely in them,
/// and which of them texts find.
///
/// Shapes: P = pictures, C = classes, E = width of the joint embedding.
package struct ReportGallery {
    /// Pictures with their three most likely captions.
    package let examples: [ReportContents.Example]
    /// Captions with their six nearest pictures.
    package let searches: [ReportContents.Search]

    /// How much is shown.
    package struct Extent: Sendable {
        /// Pictures that are searched.
        package var pictures: Int
        /// Pictures shown with captions.
        package var examples: Int
        /// Captions that pictures are searched for.
        package var searches: Int

        /// - Parameters:
        ///   - pictures: pictures that are searched.
        ///   - examples: pictures shown with captions.
        ///   - searches: captions that pictures are searched for.
        package init(pictures: Int = 240, examples: Int = 10, searches: Int = 6) {
            self.pictures = pictures
            self.examples = examples
            self.searches = searches
        }
    }

    /// Takes the pictures and runs the model on them.
    ///
    /// - Parameters:
    ///   - source: labelled pictures.
    ///   - captions: a caption for each class, in the order of the labels.
    ///   - encoder: the model.
    ///   - preparation: how pictures are prepared; the evaluation transform of the model.
    ///   - preprocessing: the mean and deviation that pictures are normalised with there.
    ///   - seed: decides which pictures are taken.
    ///   - extent: how much is shown.
    ///   - tokenize: gives a text's token ids, cut to the model's context.
    /// - Throws: what reading and encoding throw.
    package init(
        source: any SampleSource, captions: [String], encoder: FeatureEncoder,
        preparation: SamplePreparation, preprocessing: PreprocessingConfiguration,
        seed: UInt64 = 0, extent: Extent = Extent(), tokenize: (String) -> [Int32]
    ) throws {
        let pool = try PicturePool(
            source: source, count: extent.pictures, seed: seed, encoder: encoder,
            preparation: preparation, preprocessing: preprocessing)
        if let label = pool.labels.first(where: { !captions.indices.contains($0) }) {
            throw EvaluationError(
                "\(source.name): label \(label): expected a class in 0 ..< \(captions.count)")
        }
        let texts = try encoder.texts(captions.map(tokenize))  // [C, E]
        let similarities = texts.matmul(pool.features.transposed(0, 1))  // [C, P]
        examples = Self.examples(
            pool, similarities.transposed(0, 1), captions: captions,
            logitScale: withoutGradient { encoder.model.logitScale.value.exp().item() },
            count: extent.examples)
        searches = Self.searches(pool, similarities, captions: captions, count: extent.searches)
    }

    private static func examples(
        _ pool: PicturePool, _ similarities: Tensor, captions: [String], logitScale: Double,
        count: Int
    ) -> [ReportContents.Example] {
        let logits = similarities * logitScale  // [P, C]
        let probabilities = (logits - logits.logSumExp(dimension: 1).unsqueezed(1)).exp()
        let guessCount = min(3, captions.count)
        let best = probabilities.top(guessCount)
        let (values, indices) = (best.values.floats(), best.indices.integers())
        return pool.pictures.indices.prefix(count).map { picture in
            let label = pool.labels[picture]
            let guesses = (0..<guessCount).map { place in
                let index = indices[picture * guessCount + place]
                return ReportContents.Example.Guess(
                    caption: captions[index],
                    probability: Double(values[picture * guessCount + place]),
                    isRight: index == label)
            }
            return .init(picture: pool.pictures[picture], truth: captions[label], guesses: guesses)
        }
    }

    private static func searches(
        _ pool: PicturePool, _ similarities: Tensor, captions: [String], count: Int
    ) -> [ReportContents.Search] {
        let hitCount = min(6, pool.pictures.count)
        let best = similarities.top(hitCount)
        let (values, indices) = (best.values.floats(), best.indices.integers())
        // Only what is among the pictures can be found, so captions are those of the first of them.
        var labels: [Int] = []
        for label in pool.labels where labels.count < count && !labels.contains(label) {
            labels.append(label)
        }
        return labels.map { label in
            let hits = (0..<hitCount).map { place in
                let picture = indices[label * hitCount + place]
                return ReportContents.Search.Hit(
                    picture: pool.pictures[picture],
                    similarity: Double(values[label * hitCount + place]),
                    isRight: pool.labels[picture] == label)
            }
            return .init(text: captions[label], hits: hits)
        }
    }
}
