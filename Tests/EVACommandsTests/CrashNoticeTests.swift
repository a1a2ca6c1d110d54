import Foundation
import Testing

@testable import EVACommands

@Suite struct CrashNoticeTests {
    @Test("A mistake of the program asks for a report and says where it happened")
    func trap() async throws {
        let result = try await #require(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            CrashNotice.install()
            fatalError("two and two are five")
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        let mistake = try #require(text.range(of: "two and two are five"))
        let notice = try #require(text.range(of: "please report it"))
        #expect(mistake.lowerBound < notice.lowerBound)
    }

    @Test("What the outside causes has neither a notice nor a backtrace")
    func outside() throws {
        let outcome = try EvaclipProcess.run(
            ["bench", "loss", "--batch_size", "1048576", "--width", "65536"])
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("error: "), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("a smaller batch"))
    }
}
