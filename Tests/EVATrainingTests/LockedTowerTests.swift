import EVATensorFiles
import EVATestSupport
import EVATraining
import Foundation
import Testing
import Torch

/// Runs in which a tower, or most of one, stays as it is.
@Suite struct LockedTowerTests {
    private let tiny: TinyTraining

    init() throws { tiny = try TinyTraining() }

    private func changed(_ flags: [String]) throws -> Set<String> {
        let flags =
            flags + [
                "--save_strategy", "steps", "--save_steps", "1", "--overwrite_output_dir",
            ]
        try tiny.train("a", flags)
        return try tiny.changed("a/checkpoint-1", "a")
    }

    @Test("A locked tower keeps every bit, and has no moments")
    func locked() throws {
        let names = try changed(["--lock_visual"])
        #expect(names.count > 10 && names.allSatisfy { !$0.hasPrefix("visual.") })
        let moments = try SafetensorsFile(path: tiny.folder.file("a/latest/optimizer.safetensors"))
            .names
        #expect(moments.contains("first_moment.logit_scale"))
        #expect(!moments.contains { $0.contains("_moment.visual.") })
        let others = try changed(["--lock_text"])
        #expect(others.count > 10 && others.allSatisfy { !$0.hasPrefix("text.") })
        for flags in [[], ["--contrastive_accumulation", "2"]] {
            let names = try changed(flags + ["--lock_text", "--lock_visual"])
            #expect(names == ["logit_scale"], "\(flags)")
        }
    }

    @Test("Unlocked groups at the output end learn")
    func unlocked() throws {
        let names = try changed([
            "--lock_visual", "--lock_visual_unlocked_groups", "1", "--lock_text",
            "--lock_text_unlocked_groups", "2",
        ])
        let visual: Set<String> = ["visual.trunk.head.weight", "visual.trunk.head.bias"]
        #expect(names.filter { $0.hasPrefix("visual.") } == visual)
        #expect(names.contains("text.text_projection") && names.contains("text.ln_final.weight"))
        #expect(names.contains { $0.hasPrefix("text.transformer.resblocks.0.") })
        #expect(!names.contains("text.token_embedding.weight"))
    }

    @Test("A run says what it locks")
    func notes() throws {
        let trainer = try Trainer(
            tiny.configuration("a", ["--lock_image", "--lock_image_unlocked_groups", "1"]),
            device: .cpu)
        #expect(trainer.notes.contains { $0.hasPrefix("--lock_visual: ") }, "\(trainer.notes)")
    }
}
