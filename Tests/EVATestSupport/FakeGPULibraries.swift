internal import Foundation

/// Two GPUs that compute on the CPU and fail where a GPU would, made by `scripts/fake-gpu`.
package enum FakeGPULibraries {
    /// Why they could not be made.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The folder that they lie in; made once, which takes some seconds.
    package static let folder: Result<String, any Error> = Result {
        // Beside the tests' other products, where it outlives them.
        let products = URL(fileURLWithPath: Fixtures.path("")).standardizedFileURL
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = products.appendingPathComponent("fake-gpu").path
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appendingPathComponent("scripts/fake-gpu")
        process.arguments = [folder]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: String(decoding: text, as: UTF8.self))
        }
        return folder
    }

    /// What `LD_LIBRARY_PATH` has to be for a program to find them.
    ///
    /// - Parameter hasDriver: whether there is a libcuda.so.1 that can be loaded.
    package static func path(hasDriver: Bool = true) throws -> String {
        let folder = try folder.get()
        return "\(folder)/torch/lib:\(folder)/" + (hasDriver ? "driver" : "no-driver")
    }
}
