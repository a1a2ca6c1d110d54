internal import ArgumentParser

/// Options of the verbs without a table of flags that take one of a few words.
enum WordOption {
    static let exifOrientation = ArgumentHelp(
        "Turn pictures as their camera noted (apply), or leave them as stored (ignore); what the "
            + "model's folder says if not given, ignore if it says nothing.",
        valueName: "apply|ignore")

    static let resizeRule = ArgumentHelp(
        "How positions and patches are resized: rei as the original EVA-CLIP (if not given), timm as "
            + "open_clip.",
        valueName: "rei|timm")

    /// The case of a word.
    static func read<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String
    ) throws -> Choice {
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("expected \(words), got \(text)")
        }
        return choice
    }
}
