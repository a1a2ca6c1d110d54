import EVATestSupport
import Foundation
import Testing

/// What keeps a command from a GPU is told apart, each with its remedy.
@Suite struct GPUAbsenceTests {
    private func bench(_ device: String, shell: String?) throws -> EvaclipProcess.Outcome {
        try EvaclipProcess.run(
            ["bench", "loss", "--batch_size", "8", "--device", device], shell: shell)
    }

    private func expectRefusal(
        _ device: String = "cuda", shell: String?, words: [String],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try bench(device, shell: shell)
        #expect(outcome.code == 1, "\(outcome)", sourceLocation: location)
        #expect(
            outcome.errors.hasPrefix("error: device '\(device)' is not available: ")
                && outcome.errors.split(separator: "\n").count == 1, "\(outcome)",
            sourceLocation: location)
        for word in words {
            #expect(outcome.errors.contains(word), "\(outcome)", sourceLocation: location)
        }
    }

    @Test("No driver, an old one, no GPU and an old one are told apart")
    func faults() throws {
        try expectRefusal(
            shell: FakeGPU.shell(hasDriver: false), words: ["no NVIDIA driver (", "libcuda.so.1"])
        try expectRefusal(
            shell: FakeGPU.shell("FAKE_CUDA_VERSION=12080"),
            words: ["the NVIDIA driver serves CUDA 12.8", "13.0 or newer", "update the driver"])
        try expectRefusal(
            shell: FakeGPU.shell("FAKE_CUDA_GPUS=0"),
            words: ["no GPU was found: cuInit: no CUDA-capable device is detected (100)"])
        try expectRefusal(
            shell: FakeGPU.shell("CUDA_VISIBLE_DEVICES="),
            words: ["no GPU was found", "CUDA_VISIBLE_DEVICES is ''"])
        try expectRefusal(
            shell: FakeGPU.shell("FAKE_CUDA_CAPABILITY=61"),
            words: ["Fake GPU 0 has compute capability 6.1", "7.5 is the least"])
        try expectRefusal(
            "cuda:2", shell: FakeGPU.shell(),
            words: ["there is no GPU 2: the process sees 2, counted from 0"])
    }

    @Test("A missing and a damaged CUDA side of libtorch are told apart")
    func library() throws {
        let links = try FakeGPU.folder.get()
        let folder = try TinyFolder()
        let libraries = folder.file("torch/lib")
        let manager = FileManager.default
        try manager.createDirectory(atPath: libraries, withIntermediateDirectories: true)
        for name in try manager.contentsOfDirectory(atPath: links + "/torch/lib")
        where name != "libtorch_cuda.so" {
            try manager.createSymbolicLink(
                atPath: "\(libraries)/\(name)", withDestinationPath: "\(links)/torch/lib/\(name)")
        }
        if manager.fileExists(atPath: links + "/nvidia") {
            try manager.createSymbolicLink(
                atPath: folder.file("nvidia"), withDestinationPath: links + "/nvidia")
        }
        let shell = "export LD_LIBRARY_PATH='\(libraries):\(links)/driver'"
        try expectRefusal(
            shell: shell,
            words: ["no libtorch_cuda.so in \(libraries)", "scripts/bootstrap --cuda"])
        // There is a GPU, so who left the choice to the program learns why it is not taken.
        let outcome = try bench("auto", shell: shell)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains(", cpu, "), "\(outcome)")
        #expect(
            outcome.errors.hasPrefix("computing on the CPU: the GPU Fake GPU 0 is not used: ")
                && outcome.errors.split(separator: "\n").count == 1, "\(outcome)")

        try folder.write("not a library", to: "torch/lib/libtorch_cuda.so")
        try expectRefusal(
            shell: shell, words: ["libtorch's CUDA side cannot be used", "libtorch_cuda.so"])
    }

    @Test("auto takes the GPU, or the CPU with the reason, or the CPU where none is expected")
    func automatic() throws {
        let gpu = try bench("auto", shell: FakeGPU.shell())
        #expect(gpu.code == 0 && gpu.output.contains(", cuda:0, "), "\(gpu)")
        let old = try bench("auto", shell: FakeGPU.shell("FAKE_CUDA_VERSION=12080"))
        #expect(old.code == 0 && old.output.contains(", cpu, "), "\(old)")
        #expect(
            old.errors.hasPrefix("computing on the CPU: the NVIDIA driver serves CUDA 12.8"),
            "\(old)")
        let chosen = try bench("cpu", shell: FakeGPU.shell("FAKE_CUDA_VERSION=12080"))
        #expect(chosen.code == 0 && chosen.errors.isEmpty, "\(chosen)")
    }
}
