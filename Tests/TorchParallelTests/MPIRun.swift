import EVATestSupport
import Foundation
import Testing

/// `RankProgram` on several ranks.
struct MPIRun {
    let code: Int32
    let output: String
    let errors: String
    let seconds: Double

    /// - Parameters:
    ///   - ranks: how many.
    ///   - words: the program's arguments.
    ///   - environment: variables for the ranks.
    init(_ ranks: Int, _ words: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["mpirun", "-np", "\(ranks)", "--oversubscribe", try Self.program] + words
        var variables = ProcessInfo.processInfo.environment
        variables["OMP_NUM_THREADS"] = "1"
        // A container's user is often root.
        variables["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
        variables["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
        variables.merge(environment) { $1 }
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let start = ContinuousClock.now
        try process.run()
        // What is said on both together fits into a pipe.
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let wrong = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        seconds = (ContinuousClock.now - start) / .seconds(1)
        code = process.terminationStatus
        self.output = String(decoding: said, as: UTF8.self)
        self.errors = String(decoding: wrong, as: UTF8.self)
    }

    /// It lies beside the program that runs the tests.
    private static var program: String {
        get throws {
            let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let folders = [runner, (Fixtures.path("") as NSString).standardizingPath].map {
                ($0 as NSString).deletingLastPathComponent
            }.flatMap { [$0, ($0 as NSString).deletingLastPathComponent] }
            return try #require(
                folders.map { $0 + "/RankProgram" }.first {
                    FileManager.default.isExecutableFile(atPath: $0)
                }, "no RankProgram in \(folders)")
        }
    }
}
