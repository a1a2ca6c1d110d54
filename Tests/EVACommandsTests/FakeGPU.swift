import EVATestSupport
import Foundation
import Testing

/// Commands on the GPUs that the CPU plays.
enum FakeGPU {
    /// The folder that their libraries lie in.
    static var folder: Result<String, any Error> { FakeGPULibraries.folder }

    /// Shell commands that put it into the environment of a command.
    ///
    /// - Parameters:
    ///   - hasDriver: whether there is a libcuda.so.1 that can be loaded.
    ///   - settings: further variables, such as `FAKE_CUDA_GPUS=0`.
    static func shell(hasDriver: Bool = true, _ settings: String...) throws -> String {
        let path = try FakeGPULibraries.path(hasDriver: hasDriver)
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
