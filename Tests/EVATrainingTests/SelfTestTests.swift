@testable import EVATraining
import Testing
import Torch

/// The self-test passes what is right, and nothing else.
@Suite struct SelfTestTests {
    private func checks(referenceError: Double) throws -> [SelfTestCheck] {
        var checks: [SelfTestCheck] = []
        try SelfTest(device: .cpu, referenceError: referenceError).run { checks.append($0) }
        return checks
    }

    @Test("The CPU is itself to the bit in fp32")
    func right() throws {
        let checks = try checks(referenceError: 0)
        #expect(checks.count == 33 && checks.allSatisfy(\.hasPassed))
        for check in checks where check.dtype == .float32 { #expect(check.value == 0) }
        // The other dtypes are another computation, or they would test nothing.
        for check in checks where check.dtype == .bfloat16 {
            #expect(check.measure == .cosine ? check.value < 1 : check.value > 0, "\(check)")
        }
    }

    @Test("A reference that is off fails every comparison in fp32, and one far off every one")
    func wrong() throws {
        let near = try checks(referenceError: 1e-4)
        for check in near where check.dtype == .float32 {
            #expect(!check.hasPassed, "\(check)")
        }
        #expect(try checks(referenceError: 0.2).allSatisfy { !$0.hasPassed })
    }

    @Test("A value that is no number does not pass")
    func notANumber() {
        for measure in [SelfTestCheck.Measure.difference, .share, .cosine] {
            let check = SelfTestCheck(
                subject: "", quantity: "", dtype: .float32, measure: measure, value: .nan,
                limit: 0.5, seconds: 0, referenceSeconds: nil)
            #expect(!check.hasPassed)
        }
    }
}
