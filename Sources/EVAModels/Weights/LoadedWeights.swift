package import EVAConfiguration
internal import Foundation

/// What was loaded into a model, and how fast.
package struct LoadedWeights: Sendable {
    /// The file.
    package let path: String
    /// The naming that was found in it.
    package let naming: WeightNaming
    /// Bytes of the tensors that were read.
    package let byteCount: Int
    /// How long reading, converting and copying took.
    package let seconds: Double
    /// The parameters that the file lacks and that were drawn, as was allowed.
    package let drawn: [String]
    /// The parameters that were resized to the model's grid or patch, as was asked.
    package let resized: [String]
    /// How they were resized.
    package let resizeRule: GridResizeRule

    /// What a user should know, a line each.
    package var notes: [String] {
        let speed = Double(byteCount) / max(seconds, 1e-9) / 1e9
        var notes = [
            "weights loaded from \(path), \(naming.rawValue) names: "
                + String(
                    format: "%.3f GB in %.2f s, %.2f GB/s", Double(byteCount) / 1e9, seconds, speed)
        ]
        if !drawn.isEmpty {
            notes.append(
                "missing in the weights and drawn anew: "
                    + drawn.joined(separator: ", "))
        }
        if !resized.isEmpty {
            notes.append(
                "resized (bicubic, rule \(resizeRule.rawValue)): "
                    + resized.joined(separator: ", "))
        }
        return notes
    }
}
