import EVATestSupport
import Foundation
import Testing

/// Two GPUs that compute on the CPU and fail where a GPU would, made by `scripts/fake-gpu`.
enum FakeGPU {
    /// The folder that it lies in; made once, which takes some seconds.
    static let folder: Result<String, any Error> = Result {
        // Beside the tests' other products, where it outlives them.
        let folder =
            try (EvaclipProcess.executable as NSString).deletingLastPathComponent
            + "/fake-gpu"
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("scripts/fake-gpu")
        let process = Process()
        process.executableURL = script
        process.arguments = [folder]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
        return folder
    }

    /// Shell commands that put it into the environment of a command.
    ///
    /// - Parameters:
    ///   - hasDriver: whether there is a libcuda.so.1 that can be loaded.
    ///   - settings: further variables, such as `FAKE_CUDA_GPUS=0`.
    static func shell(hasDriver: Bool = true, _ settings: String...) throws -> String {
        let folder = try folder.get()
        let path = "\(folder)/torch/lib:\(folder)/" + (hasDriver ? "driver" : "no-driver")
        return "export LD_LIBRARY_PATH='\(path)' OMP_NUM_THREADS=1 "
            + settings.joined(separator: " ")
    }

    /// Runs a command there that must succeed.
    @discardableResult
    static func succeed(
        _ arguments: [String], location: SourceLocation = #_sourceLocation
    ) throws -> EvaclipProcess.Outcome {
        let outcome = try EvaclipProcess.run(arguments, shell: shell())
        try #require(
            outcome.code == 0, "\(arguments): \(outcome)", sourceLocation: location)
        return outcome
    }
}
