/// A step that was passed over because its loss or a gradient was not finite; a line of
/// `nonfinite.jsonl`.
package struct NonfiniteStep: Codable, Sendable, Equatable {
    /// The number of the step, from 1.
    package let step: Int
    /// The loss; nil where it was not finite.
    package let loss: Double?
    /// What the loss was multiplied by before backward; nil where it was not.
    package let lossScale: Double?
    /// What was not finite, the first of them in the order of computation.
    package let tensors: [String]
    /// How many tensors were not finite.
    package let tensorCount: Int
    /// The data set, as in `bad_samples.jsonl`.
    package let file: String
    /// The step's samples: records of `file`.
    package let records: [Int]
    /// Those of the samples whose own features were not finite.
    package let suspects: [Int]

    package enum CodingKeys: String, CodingKey {
        case step
        case loss
        case lossScale = "loss_scale"
        case tensors
        case tensorCount = "tensor_count"
        case file
        case records
        case suspects
    }
}

extension NonfiniteStep: CustomStringConvertible {
    /// One line for the person who watches the run.
    package var description: String {
        let more = tensorCount > 1 ? " and \(tensorCount - 1) more" : ""
        let what = "step \(step) skipped: \(tensors.first ?? "the loss")\(more) not finite"
        if let lossScale, loss != nil { return what + " at loss scale \(lossScale)" }
        guard !suspects.isEmpty else { return what }
        let named = suspects.prefix(8).map(String.init).joined(separator: ", ")
        return what + "; from records \(named)\(suspects.count > 8 ? ", ..." : "") of \(file)"
    }
}
