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
            let pass = try throwingTorchFailures {
                try Self.pass(
                    clip,
                    (
                        images: golden.tensor(named: "image").makeTensor().moved(to: device),
                        ids: golden.tensor(named: "input_ids").makeTensor().moved(to: device)
                    ), .float32, on: device)
            }
            func check(
                _ quantity: String, _ measure: SelfTestCheck.Measure, _ value: Double,
                _ limit: Double
            ) -> SelfTestCheck {
                SelfTestCheck(
                    subject: "\(family), original", quantity: quantity, dtype: .float32,
                    measure: measure, value: value, limit: limit, seconds: pass.seconds,
                    referenceSeconds: nil)
            }
            func stored(_ name: String) throws -> Tensor {
                try golden.tensor(named: name).makeTensor()
            }
            let expected = Pass(
                features: .concatenated(
                    [try stored("image_features"), try stored("text_features")], dimension: 0),
                loss: try stored("loss").reshaped([]),
                gradients: try gradients(in: file("grads"), of: clip), seconds: 0)
            report(
                check(
                    "features and loss", .difference, pass.difference(expected), Limit.features))
            report(check("gradients", .share, pass.gradientShare(expected), Limit.gradients))
        }
    }

    /// Stored gradients in the order of the parameters that are compared.
    private static func gradients(in file: SafetensorsFile, of clip: CLIP) throws -> [Tensor] {
        let parameters = clip.store.parameters
        var byName: [String: Tensor] = [:]
        for stored in WeightNaming.rei.layout(of: parameters.map { ($0.name, $0.shape) }) {
            let values = try file.tensor(named: stored.name).makeTensor()
            var start = 0
            for parameter in stored.parameters.compactMap({ clip.store[$0] }) {
                let rows = stored.parameters.count == 1 ? nil : parameter.shape.first
                byName[parameter.name] =
                    rows.map { values.sliced(start..<start + $0, dimension: 0) }
                    ?? values.reshaped(parameter.shape)
                start += rows ?? 0
            }
        }
        return try parameters.map(\.name).filter(isCompared).map { name in
            guard let gradient = byName[name] else {
                throw TrainingError("\(file.path): no gradient of \(name)")
            }
            return gradient
        }
    }
}
