package import EVAData

/// A step that was passed over because its loss or a gradient was not finite; a line of
/// `nonfinite.jsonl`.
package struct NonfiniteStep: Codable, Sendable, Equatable {
    /// Samples of one file, named as in `bad_samples.jsonl`.
    package struct Samples: Codable, Sendable, Equatable {
        /// The file or data set.
        package let file: String
        /// Their numbers there, from 0.
        package internal(set) var records: [Int]
        /// What their members are called; nil where samples have no such names.
        package internal(set) var keys: [String]?
    }

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
    /// The step's samples, by file.
    package let samples: [Samples]
    /// Those of the samples whose own features were not finite.
    package let suspects: [Samples]

    package enum CodingKeys: String, CodingKey {
        case step
        case loss
        case lossScale = "loss_scale"
        case tensors
        case tensorCount = "tensor_count"
        case samples
        case suspects
    }

    /// Samples by file, the files and their samples in the order in which they come.
    package static func grouped(_ names: [SampleName]) -> [Samples] {
        var groups: [Samples] = []
        var places: [String: Int] = [:]
        for name in names {
            let place = places[name.file, default: groups.count]
            if place == groups.count {
                places[name.file] = place
                groups.append(Samples(file: name.file, records: []))
            }
            groups[place].records.append(name.record)
            guard let key = name.key else { continue }
            if groups[place].keys == nil { groups[place].keys = [] }
            groups[place].keys?.append(key)
        }
        return groups
    }
}

extension NonfiniteStep: CustomStringConvertible {
    private static let mostNamed = 8

    /// One line for the person who watches the run.
    package var description: String {
        let more = tensorCount > 1 ? " and \(tensorCount - 1) more" : ""
        let what = "step \(step) skipped: \(tensors.first ?? "the loss")\(more) not finite"
        if let lossScale, loss != nil { return what + " at loss scale \(lossScale)" }
        guard !suspects.isEmpty else { return what }
        let files = suspects.prefix(Self.mostNamed).map { samples in
            let named = samples.records.prefix(Self.mostNamed).map(String.init)
                .joined(separator: ", ")
            return "records \(named)\(samples.records.count > Self.mostNamed ? ", ..." : "") of "
                + samples.file
        }
        return what + "; from \(files.joined(separator: ", "))"
            + (suspects.count > Self.mostNamed ? ", ..." : "")
    }
}
