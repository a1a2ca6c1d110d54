/// What a model is evaluated on, in a run of its own or in the course of training.
public struct EvaluationTasks: Codable, Sendable, Equatable {
    /// The folder of labelled pictures for zero-shot classification; nil for none.
    public var classification: String?

    /// A file with the name of each class folder; nil for the folder's own, or built-in names.
    public var labels: String?

    /// A file of sentences for the names; nil for the folder's own, or ImageNet's.
    public var templates: String?

    /// Captioned pictures for retrieval: a folder of `images/` and `annotations/`, or a file of
    /// captions; nil for none.
    public var retrieval: String?

    /// Which part of such a folder.
    public var retrievalSplit = RetrievalSplit.test

    /// A folder of `train/` and `val/`, for a linear probe of the image features; nil for none.
    public var linearProbe: String?

    /// The strength of the probe's penalty; nil chooses it on held-out training pictures.
    public var linearProbeL2: Double?

    /// A part of captioned data.
    public enum RetrievalSplit: String, Codable, Sendable, Equatable {
        /// For choosing settings.
        case validation = "val"
        /// For the final figure.
        case test
    }

    /// Creates no task.
    public init() {}

    /// Whether there is anything to evaluate.
    var isEmpty: Bool { classification == nil && retrieval == nil && linearProbe == nil }

    func validate(_ check: inout ValidationCheck) {
        for (file, flag) in [(labels, "--labels"), (templates, "--templates")] {
            check.require(
                file == nil || classification != nil, flag,
                "has no effect without --classification_eval")
        }
        if let linearProbeL2 {
            check.require(
                linearProbe != nil, "--linear_probe_l2", "has no effect without --linear_probe")
            check.flag("linear_probe_l2", linearProbeL2)
        }
    }
}
