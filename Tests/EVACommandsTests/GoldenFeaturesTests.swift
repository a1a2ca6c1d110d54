import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// `embed --pixels` on the original's weights and inputs.
@Suite struct GoldenFeaturesTests {
    @Test(
        "Embedding reproduces the original's features",
        arguments: Fixtures.families.map { ("rei", $0) }
            + [("open_clip", "a_eva01"), ("open_clip", "b_eva02b")])
    func features(naming: String, family: String) throws {
        let folder = try TinyFolder()
        let output = folder.file("features.safetensors")
        let golden = Fixtures.path("\(naming)/\(family).io.safetensors")
        try EvaclipProcess.succeed(
            "embed", "--model", Fixtures.path("\(naming)/\(family).weights.safetensors"),
            "--config", Fixtures.path("rei/\(family).rei.json"), "--pixels", golden,
            "--batch_size", "3", "--threads", "1", "--output", output)
        let actual = try SafetensorsFile(path: output)
        let expected = try SafetensorsFile(path: golden)
        for name in ["image_features", "text_features"] {
            let (a, b) = (try actual.tensor(named: name), try expected.tensor(named: name))
            #expect(a.shape == b.shape)
            let comparison = Comparison(try a.floats(), try b.floats())
            #expect(comparison.isWithin(Tolerance.unitFeatures), "\(family) \(name): \(comparison)")
        }
        let scale = try actual.tensor(named: "logit_scale").floats()[0]
        let original = try expected.tensor(named: "logit_scale_exp").floats()[0]
        #expect(abs(scale / original - 1) < 1e-5)
    }
}
