import EVATestSupport
import Testing

@testable import Torch

/// The optimizers' operators over flat buffers.
@Suite(.serialized) struct FlatUpdateTests {
    enum Rule: String, CaseIterable, Sendable {
        case adamW, lamb, lion
    }

    /// Odd lengths, a gap behind each, one tensor of several stretches and one of several batches.
    static let segments = [0..<1, 64..<69, 128..<70_129, 70_144..<1_300_000, 1_300_032..<1_300_035]
    static let count = 1_300_096

    private struct Buffers {
        let parameters: Tensor
        let firstMoments: Tensor
        let secondMoments: Tensor
    }

    private func random(_ name: String) -> Tensor {
        let values = Tensor.empty([Self.count], dtype: .float32, device: .cpu)
        values.fillNormal(standardDeviation: 1, from: RandomSource(seed: 5).stream(name))
        return values
    }

    private func weights() -> Tensor { random("w") * 0.2 }

    /// Three steps; what lies between the segments holds numbers too.
    private func steps(_ rule: Rule, _ dtype: DType, decay: Double = 0.05) -> Buffers {
        let parameters = weights()
        // A tensor of zeros has no trust ratio.
        parameters.sliced(Self.segments[1], dimension: 0).fill(0)
        let buffers = Buffers(
            parameters: parameters.cast(to: dtype),
            firstMoments: (random("m") * 0.1).cast(to: dtype),
            secondMoments: (random("v") * random("v") * 0.01 + 0.01).cast(to: dtype))
        for step in 1...3 {
            let update = FlatUpdate(
                parameters: buffers.parameters,
                gradients: random("gradient \(step)").cast(to: dtype),
                firstMoments: buffers.firstMoments,
                secondMoments: rule == .lion ? nil : buffers.secondMoments,
                segments: Self.segments, rates: [0.1, 0.02, 0.01, 0.02, 0.02],
                decays: [0, decay, decay, 0, decay])
            switch rule {
            case .adamW: update.adamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, step: step)
            case .lamb: update.lamb(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, step: step)
            case .lion: update.lion(beta1: 0.9, beta2: 0.99)
            }
        }
        return buffers
    }

    @Test(
        "A step is that of ATen's operators in fp64, to the rounding of fp32",
        arguments: Rule.allCases)
    func values(rule: Rule) {
        let actual = steps(rule, .float32)
        let exact = steps(rule, .float64)
        for (a, b) in [
            (actual.parameters, exact.parameters), (actual.firstMoments, exact.firstMoments),
            (actual.secondMoments, exact.secondMoments),
        ] {
            let comparison = Comparison(a, b.cast(to: .float32))
            #expect(comparison.isWithin(Tolerance.rearranged), "\(comparison)")
        }
        // The comparison sees another decay.
        let other = Comparison(
            steps(rule, .float32, decay: 0.06).parameters, exact.parameters.cast(to: .float32))
        #expect(!other.isWithin(Tolerance.rearranged))
    }

    @Test("What lies between the tensors stays as it is", arguments: Rule.allCases)
    func gaps(rule: Rule) {
        let before = weights().floats()
        let after = steps(rule, .float32).parameters.floats()
        var end = 0
        for range in Self.segments + [Self.count..<Self.count] {
            #expect(before[end..<range.lowerBound] == after[end..<range.lowerBound])
            end = range.upperBound
        }
    }

    @Test("The number of threads changes no bit", arguments: Rule.allCases)
    func threads(rule: Rule) {
        let before = Runtime.threadCount
        defer { Runtime.threadCount = before }
        let results = [1, 2, 5].map { count in
            Runtime.threadCount = count
            let buffers = steps(rule, .float32)
            return [buffers.parameters, buffers.firstMoments, buffers.secondMoments].map {
                $0.floats()
            }
        }
        #expect(results[1] == results[0])
        #expect(results[2] == results[0])
    }

    @Test("Tables and buffers that do not fit each other are refused")
    func refusals() {
        let buffer = Tensor.full([64], 1, device: .cpu)
        let short = Tensor.full([63], 1, device: .cpu)
        func arguments(_ gradients: Tensor, _ segments: [Int]) -> [OperatorArgument] {
            [.tensor(buffer), .tensor(gradients), .tensor(buffer), .ints(segments)]
                + [.doubles([0.1]), .doubles([0]), .double(0.9), .double(0.99)]
        }
        for (gradients, segments) in [
            (short, [0, 64]), (buffer, [0, 65]), (buffer, [9, 8]), (buffer, [0, 8, 8, 9]),
            (buffer.cast(to: .float64), [0, 64]),
        ] {
            #expect(throws: TorchError.self) {
                try Operator.lion.call(arguments(gradients, segments))
            }
        }
        #expect(throws: Never.self) { try Operator.lion.call(arguments(buffer, [0, 64])) }
    }
}
