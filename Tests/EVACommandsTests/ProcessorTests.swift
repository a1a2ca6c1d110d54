import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// The command on the machine's processor and on lesser ones that it can play.
@Suite struct ProcessorTests {
    /// What makes a processor play another, as a command of the shell.
    enum Processor: String, CaseIterable {
        case own = ":"
        case avx2 = "export ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2"
        case baseline = "export ONEDNN_MAX_CPU_ISA=SSE41 ATEN_CPU_CAPABILITY=default"
    }

    /// A line of `metrics.jsonl`.
    private struct Step: Decodable {
        let loss: Double
    }

    private func features(
        _ family: String, precision: String, on processor: Processor, in folder: TinyFolder
    ) throws -> SafetensorsFile {
        let output = folder.file("\(precision).safetensors")
        let outcome = try EvaclipProcess.run(
            [
                "embed", "--model", Fixtures.path("rei/\(family).weights.safetensors"), "--config",
                Fixtures.path("rei/\(family).rei.json"), "--pixels",
                Fixtures.path("rei/\(family).io.safetensors"), "--precision", precision,
                "--output", output,
            ], shell: processor.rawValue)
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try SafetensorsFile(path: output)
    }

    /// The least cosine of rows that belong together.
    private func leastCosine(_ a: [Float], _ b: [Float], width: Int) -> Float {
        stride(from: 0, to: a.count, by: width).map { start in
            let (x, y) = (a[start..<start + width], b[start..<start + width])
            func dot(_ u: ArraySlice<Float>, _ v: ArraySlice<Float>) -> Float {
                zip(u, v).reduce(0) { $0 + $1.0 * $1.1 }
            }
            return dot(x, y) / (dot(x, x) * dot(y, y)).squareRoot()
        }.min() ?? -1
    }

    @Test(
        "Every precision gives the original's features on every processor",
        arguments: Fixtures.families,
        Processor.allCases)
    func features(family: String, processor: Processor) throws {
        let folder = try TinyFolder()
        let golden = try SafetensorsFile(path: Fixtures.path("rei/\(family).io.safetensors"))
        for (precision, cosine) in [
            ("fp32", nil), ("bf16", Tolerance.bfloat16Cosine), ("fp16", Tolerance.float16Cosine),
        ] {
            let file = try features(family, precision: precision, on: processor, in: folder)
            for name in ["image_features", "text_features"] {
                let (actual, expected) = (
                    try file.tensor(named: name), try golden.tensor(named: name)
                )
                let (a, b) = (try actual.floats(), try expected.floats())
                try #require(actual.shape == expected.shape)
                if let cosine {
                    let least = leastCosine(a, b, width: actual.shape[1])
                    #expect(least >= cosine, "\(precision) \(name): \(least)")
                } else {
                    let comparison = Comparison(a, b)
                    #expect(
                        comparison.isWithin(Tolerance.unitFeatures), "\(name): \(comparison)")
                }
            }
        }
    }

    @Test("A cosine tells a feature of another picture")
    func negativeControl() throws {
        let golden = try SafetensorsFile(path: Fixtures.path("rei/a_eva01.io.safetensors"))
        let tensor = try golden.tensor(named: "image_features")
        let values = try tensor.floats()
        let width = tensor.shape[1]
        let turned = Array(values[width...] + values[..<width])
        #expect(leastCosine(values, turned, width: width) < Tolerance.bfloat16Cosine)
    }

    @Test("Training in bf16 follows fp32 on every processor", arguments: Processor.allCases)
    func training(processor: Processor) throws {
        let folder = try TinyFolder()
        var losses: [[Double]] = []
        for (name, precision) in [("fp32", []), ("bf16", ["--bf16"])] {
            let outcome = try EvaclipProcess.run(
                [
                    "train", "--model", "EVA02-CLIP-Nano", "--task_name", "shapes", "--output_dir",
                    folder.file(name), "--device", "cpu", "--threads", "1",
                    "--per_device_train_batch_size", "8", "--optimizer", "adamw", "--visual_lr",
                    "1e-4", "--text_lr", "1e-4", "--warmup_steps", "2", "--max_steps", "12",
                    "--logging_steps", "1", "--save_strategy", "no", "--tensorboard", "false",
                ] + precision, shell: processor.rawValue)
            try #require(outcome.code == 0, "\(name): \(outcome.errors)")
            let log = try String(
                contentsOfFile: folder.file(name + "/metrics.jsonl"), encoding: .utf8)
            losses.append(
                try log.split(separator: "\n").map { line in
                    try JSONDecoder().decode(Step.self, from: Data(line.utf8)).loss
                })
        }
        try #require(losses.map(\.count) == [12, 12])
        for (whole, half) in zip(losses[0], losses[1]) {
            #expect(abs(whole - half) < 0.05, "bf16 \(half), fp32 \(whole)")
        }
        #expect(losses[0] != losses[1])
    }
}
