extension EvaluationResults {
    /// The main figures by name: those of classification under our names, in percent, and all under
    /// those of CLIP_benchmark, as shares from 0 to 1.
    public var figures: [String: Double] {
        var figures: [String: Double] = [:]
        var seconds = 0.0
        if let classification {
            figures["top1"] = classification.top1
            figures["top5"] = classification.top5
            figures["images"] = Double(classification.images)
            figures["classes"] = Double(classification.classes)
            figures["acc1"] = classification.metrics.acc1
            figures["acc5"] = classification.metrics.acc5
            figures["mean_per_class_recall"] = classification.metrics.meanPerClassRecall
            seconds += classification.seconds
        }
        if let retrieval {
            figures.merge(retrieval.metrics) { $1 }
            seconds += retrieval.seconds
        }
        figures["seconds"] = seconds
        return figures
    }

    /// The results as lines of text for a console.
    ///
    /// - Returns: The lines, each ending with a newline.
    public func table() -> String {
        var tables: [String] = []
        if let classification {
            tables.append(classification.table() + "\n" + classification.originalLine() + "\n")
        }
        if let retrieval { tables.append(retrieval.table()) }
        if let linearProbe { tables.append(linearProbe.table()) }
        return tables.joined(separator: "\n")
    }
}
