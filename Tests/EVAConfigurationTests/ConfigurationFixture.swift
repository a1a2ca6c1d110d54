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
