import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

/// SigLIP's loss through the command: its model is saved, goes on, and loads elsewhere.
@Suite struct SigmoidTests {
    private func bias(_ run: TinyRun, _ name: String) throws -> Float {
        let file = try SafetensorsFile(
            path: run.folder.file(name + "/open_clip_model.safetensors"))
        let stored = try file.tensor(named: "logit_bias")
        #expect(stored.shape == [])
        return try stored.floats()[0]
    }

    @Test("A model trained with SigLIP's loss keeps its bias, goes on from it, and loads")
    func sigmoid() throws {
        let run = try TinyRun()
        let flags = [
            "--loss", "sigmoid", "--max_steps", "6", "--learning_rate", "1e-2", "--warmup_steps",
            "0",
        ]
        #expect(try EvaclipProcess.run(run.flags("whole", flags)).code == 0)
        // Untrained pairs have a logit near -10, of which the pair itself costs softplus(10).
        let losses = try run.metrics("whole").compactMap { $0["loss"] }
        #expect(losses.first.map { (5...15).contains($0) } == true, "\(losses)")
        let learnt = try bias(run, "whole")
        #expect(abs(learnt + 10) > 1e-3 && abs(learnt + 10) < 1, "\(learnt)")
        #expect(
            String(decoding: try run.bytes("whole/config.json"), as: UTF8.self)
                .contains("\"init_logit_bias\""))
        // Cut and gone on with, it is the same to the byte.
        let start = ["--stop_after_steps", "3"]
        #expect(try EvaclipProcess.run(run.flags("cut", flags + start)).code == 0)
        let resume = ["--resume_from_checkpoint", "latest"]
        #expect(try EvaclipProcess.run(run.flags("cut", flags + resume)).code == 0)
        let file = "open_clip_model.safetensors"
        #expect(try run.bytes("cut/" + file) == run.bytes("whole/" + file))
        // The folder is a model like any other, for CLIP's loss too, which leaves the bias alone.
        try EvaclipProcess.succeed(
            "embed", "--model", run.folder.file("whole"), "--pixels",
            run.folder.file("data.safetensors"), "--output", run.folder.file("e.safetensors"))
        let more = ["--model", run.folder.file("whole"), "--pretrained", "--max_steps", "3"]
        #expect(try EvaclipProcess.run(run.flags("softmax", more)).code == 0)
        #expect(try bias(run, "softmax") == learnt)
    }

    @Test("Weights without a bias are given one, and it is said")
    func warmStart() throws {
        let run = try TinyRun()
        #expect(try EvaclipProcess.run(run.flags("plain", ["--max_steps", "3"])).code == 0)
        let outcome = try EvaclipProcess.run(
            run.flags(
                "sigmoid",
                [
                    "--loss", "sigmoid", "--max_steps", "3", "--stop_after_steps", "1", "--model",
                    run.folder.file("plain"), "--pretrained",
                ]))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("have no logit_bias"), "\(outcome.errors)")
        // The only step has rate 0.
        #expect(try bias(run, "sigmoid/checkpoint-1") == -10)
    }
}
