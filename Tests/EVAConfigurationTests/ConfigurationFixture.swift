import EVAConfiguration
import Foundation
import Testing

/// Reads a file of this target's fixtures.
func fixture(_ path: String) throws -> Data {
    let folder = try #require(Bundle.module.resourceURL)
    return try Data(contentsOf: folder.appending(path: "Fixtures/\(path)"))
}

/// The text of the error that `body` throws; fails the test if it throws none.
func errorText(_ body: () throws -> Void) -> String {
    do {
        try body()
        Issue.record("no error was thrown")
        return ""
    } catch {
        return "\(error)"
    }
}

/// A small rei configuration whose vision section can be changed by a test.
func reiDocument(vision: String = "", text: String = "", top: String = "") -> Data {
    Data(
        """
        {"embed_dim": 48, \(top)
         "vision_cfg": {"eva_model_name": "t", "image_size": 64, "patch_size": 16, "width": 64,
                        "layers": 2, "head_width": 32 \(vision)},
         "text_cfg": {"width": 64, "heads": 2, "layers": 2 \(text)}}
        """.utf8)
}

/// A small generator (SplitMix64) whose sequence is the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
