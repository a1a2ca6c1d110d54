internal import EVAConfiguration
internal import EVALayers
internal import EVAModels
internal import EVATensorFiles
internal import Foundation
package import Torch

extension SelfTest {
    /// Compares a device with what EVA-CLIP's own program computed in fp32.
    ///
    /// - Parameters:
    ///   - folder: for each family its `.rei.json`, and as safetensors `.weights`, `.io` (`image`,
    ///     `input_ids`, `image_features`, `text_features`, `loss`) and `.grads`.
    ///   - device: where to compute.
    ///   - report: receives every comparison when it is made.
    /// - Throws: where a file is missing or faulty.
    package static func compareGoldens(
        in folder: String, on device: Device, _ report: (SelfTestCheck) -> Void
    ) throws {
        for family in try SelfTestFamily.all().map(\.name) {
            func file(_ kind: String) throws -> SafetensorsFile {
                try SafetensorsFile(path: "\(folder)/\(family).\(kind).safetensors")
            }
            let path = "\(folder)/\(family).rei.json"
            guard let json = FileManager.default.contents(atPath: path) else {
                throw TrainingError("\(path): cannot be read")
            }
            let clip = CLIP(try ModelConfiguration(json: json, source: path), device: device)
            try clip.loadWeights(from: file("weights"))
            let golden = try file("io")
            let pass = try pass(
                clip,
                (
                    images: golden.tensor(named: "image").makeTensor().moved(to: device),
                    ids: golden.tensor(named: "input_ids").makeTensor().moved(to: device)
                ), .float32, on: device)
            func check(
                _ quantity: String, _ measure: SelfTestCheck.Measure, _ value: Double,
                _ limit: Double
            ) -> SelfTestCheck {
                SelfTestCheck(
                    subject: "\(family), original", quantity: quantity, dtype: .float32,
                    measure: measure, value: value, limit: limit, seconds: pass.seconds,
                    referenceSeconds: nil)
            }
            let expected = try ["image_features", "text_features", "loss"].flatMap {
                try golden.tensor(named: $0).floats()
            }
            report(
                check(
                    "features and loss", .difference,
                    SelfTestCheck.difference(pass.images + pass.texts + [pass.loss], expected),
                    Limit.features))
            let stored = try gradients(in: file("grads"), of: clip)
            report(check("gradients", .share, share(pass.gradients, stored), Limit.gradients))
        }
    }

    /// Stored gradients in the order of the parameters that are compared.
    private static func gradients(in file: SafetensorsFile, of clip: CLIP) throws -> [[Float]] {
        let parameters = clip.store.parameters
        var byName: [String: [Float]] = [:]
        for stored in WeightNaming.rei.layout(of: parameters.map { ($0.name, $0.shape) }) {
            var values = try file.tensor(named: stored.name).floats()[...]
            for name in stored.parameters {
                let count = clip.store[name].map { $0.shape.reduce(1, *) } ?? 0
                byName[name] = Array(values.prefix(count))
                values = values.dropFirst(count)
            }
        }
        return parameters.map(\.name).filter(isCompared).map { byName[$0] ?? [] }
    }
}
