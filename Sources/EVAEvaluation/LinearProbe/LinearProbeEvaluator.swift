internal import EVAConfiguration
package import EVAData
package import EVAModels
package import Torch
package import TorchParallel

/// Probes the image features of a model with a linear classifier.
package struct LinearProbeEvaluator {
    private let folder: LinearProbeFolder
    private let l2: Double?
    private let training: PicturePass
    private let evaluation: PicturePass
    private let batchSize: Int
    private let ranks: any ProcessGroup

    /// Describes a probe.
    ///
    /// - Parameters:
    ///   - folder: the pictures to learn from and to evaluate.
    ///   - l2: the strength of the penalty; nil chooses it on held-out training pictures.
    ///   - preparation: how pictures are prepared; the evaluation transform of the model.
    ///   - batchSize: pictures that are in the model at once.
    ///   - readerThreads: threads that prepare pictures; 0 prepares them in between.
    ///   - ranks: those that divide the pictures among them; all fit the same classifier.
    package init(
        _ folder: LinearProbeFolder, l2: Double? = nil, preparation: SamplePreparation,
        batchSize: Int, readerThreads: Int, ranks: any ProcessGroup = SingleProcessGroup()
    ) {
        self.folder = folder
        self.l2 = l2
        self.batchSize = batchSize
        self.ranks = ranks
        training = PicturePass(
            folder.training, preparation: preparation, batchSize: batchSize,
            readerThreads: readerThreads, ranks: ranks)
        evaluation = PicturePass(
            folder.evaluation, preparation: preparation, batchSize: batchSize,
            readerThreads: readerThreads, ranks: ranks)
    }

    /// Encodes all pictures once, fits the classifier and evaluates it.
    ///
    /// - Parameters:
    ///   - model: the model.
    ///   - computeDType: the dtype of the model's matrix products; the fit is fp64.
    ///   - badSamples: where unreadable pictures are listed.
    ///   - progress: called after each batch with the number of pictures done, of both kinds.
    /// - Throws: `DataError` when no picture can be read or the list of unreadable ones cannot be
    ///   written; `EvaluationError` when a feature is not finite or no picture can be held out.
    package func callAsFunction(
        _ model: CLIP, computeDType: DType = .float32, badSamples: BadSampleLog,
        progress: (Int) -> Void = { _ in }
    ) throws -> LinearProbeReport {
        let clock = ContinuousClock()
        let start = clock.now
        let encoder = FeatureEncoder(
            model, computeDType: computeDType, batchSize: batchSize, ranks: ranks)
        var badImages = 0
        func features(_ pass: PicturePass, done: Int) throws -> LabelledFeatures {
            var found = PictureFeatures(width: model.configuration.embedWidth)
            var labels: [Int: Int] = [:]
            let count = try pass(
                encoder, badSamples: badSamples, progress: { progress(done + $0) }
            ) { batch, features in
                found.add(features, values: batch.sampleIndices)
                for (index, label) in zip(batch.sampleIndices, batch.labels) {
                    labels[index] = label
                }
            }
            badImages += count.badImages
            let all = try found.ofAll(ranks)
            for others in try ranks.gather(labels) { labels.merge(others) { own, _ in own } }
            let order = all.values.indices.sorted { all.values[$0] < all.values[$1] }
            return LabelledFeatures(
                all.rows(order), labels: order.compactMap { labels[all.values[$0]] })
        }
        let known = try features(training, done: 0)
        let own = try features(evaluation, done: known.labels.count)
        let classCount = folder.training.classFolders.count
        let result = try LinearProbe(classCount: classCount, l2: l2)(
            training: known,
            evaluation: LabelledFeatures(
                own.features, labels: own.labels.map { folder.trainingClass[$0] }))
        let counts = EvaluationReport(
            result.tally, classNames: folder.training.classFolders, folders: nil, badImages: 0,
            seconds: 0)
        return LinearProbeReport(
            top1: counts.top1, top1Interval: counts.top1Interval, top5: counts.top5,
            images: counts.images, trainingImages: known.labels.count, badImages: badImages,
            classes: classCount, l2: result.l2, heldOutImages: result.heldOutCount,
            heldOutTop1: result.heldOutTop1.map { 100 * $0 }, iterations: result.iterations,
            converged: result.converged, seconds: (clock.now - start) / .seconds(1),
            metrics: LinearProbeReport.Metrics(
                acc1: counts.metrics.acc1, acc5: counts.metrics.acc5,
                meanPerClassRecall: counts.metrics.meanPerClassRecall))
    }
}
