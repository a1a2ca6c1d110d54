extension EvaluationReport {
    private static let confusionCount = 10
    private static let mistakeCount = 3

    /// Sums up what was counted.
    ///
    /// - Parameters:
    ///   - tally: the counts; at least one picture.
    ///   - classNames: the name of each class.
    ///   - folders: the folder of each class, where they came from folders.
    ///   - badImages: how many pictures could not be read.
    ///   - seconds: how long it took.
    package init(
        _ tally: ClassificationTally, classNames: [String], folders: [String]?, badImages: Int,
        seconds: Double
    ) {
        let classes = tally.classes
        let images = classes.reduce(0) { $0 + $1.images }
        let top1 = classes.reduce(0) { $0 + $1.top1 }
        let top5 = classes.reduce(0) { $0 + $1.top5 }
        let recalls = classes.compactMap { Self.share($0.top1, of: $0.images) }
        let interval = WilsonInterval(successes: top1, trials: images)
        metrics = Metrics(
            acc1: Self.share(top1, of: images) ?? 0, acc5: Self.share(top5, of: images) ?? 0,
            meanPerClassRecall: recalls.reduce(0, +) / Double(max(recalls.count, 1)))
        self.top1 = 100 * metrics.acc1
        self.top5 = 100 * metrics.acc5
        top1Interval = [100 * interval.lower, 100 * interval.upper]
        self.images = images
        self.badImages = badImages
        self.classes = classes.count
        self.seconds = seconds
        perClass = classes.indices.map { index in
            let count = classes[index]
            return ClassResult(
                name: classNames[index], folder: folders?[index], images: count.images,
                top1: Self.share(count.top1, of: count.images).map { 100 * $0 },
                top5: Self.share(count.top5, of: count.images).map { 100 * $0 })
        }
        confusions = Self.confusions(classes, names: classNames)
    }

    private static func confusions(
        _ classes: [ClassificationTally.Count], names: [String]
    ) -> [Confusion] {
        let wrong = classes.enumerated().compactMap {
            index, count -> (index: Int, share: Double)? in
            guard count.top1 < count.images else { return nil }
            return share(count.top1, of: count.images).map { (index, $0) }
        }
        // Of equally bad classes the one with more pictures is better evidence.
        let worst = wrong.sorted {
            ($0.share, -classes[$0.index].images, $0.index)
                < ($1.share, -classes[$1.index].images, $1.index)
        }
        return worst.prefix(confusionCount).map { index, share in
            let mistakes = classes[index].mistakes.sorted {
                (-$0.value, $0.key) < (-$1.value, $1.key)
            }
            return Confusion(
                name: names[index], images: classes[index].images, top1: 100 * share,
                takenFor: mistakes.prefix(mistakeCount).map {
                    Confusion.Mistake(name: names[$0.key], images: $0.value)
                })
        }
    }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
