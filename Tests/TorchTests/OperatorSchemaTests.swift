import EVATestSupport
import Foundation
import Testing

@testable import Torch

@Suite struct OperatorSchemaTests {
    /// Written anew by `EVACLIP_RECORD=1 make test ARGS="--filter OperatorSchemaTests"`, after
    /// the wrappers of every operator that changed were read again.
    @Test("Operators have the schemas that the wrappers were written for")
    func snapshot() throws {
        let actual = Operator.allCases.map(\.schema)
        if ProcessInfo.processInfo.environment["EVACLIP_RECORD"] == "1" {
            let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../EVATestSupport/Fixtures/operator_schemas.txt")
            try Data((actual.joined(separator: "\n") + "\n").utf8).write(to: path)
        }
        let expected = try String(
            decoding: Fixtures.bytes("operator_schemas.txt"), as: UTF8.self
        ).split(separator: "\n").map(String.init)
        for (a, b) in zip(actual, expected) { #expect(a == b) }
        #expect(actual.count == expected.count)
    }
}
