import EVATestSupport
import Testing

@testable import Torch

@Suite struct FailureScopeTests {
    /// More bytes than any machine has.
    private static let tooMany = 1 << 50

    private func expectMemoryError(
        _ body: () throws -> Void, location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: TorchError.self, sourceLocation: location) {
            try throwingTorchFailures(body)
        }
        #expect(error?.kind == .memory, sourceLocation: location)
    }

    @Test("Memory that the machine lacks is an error of one line")
    func memory() throws {
        let error = try #require(
            throws: TorchError.self
        ) {
            try throwingTorchFailures {
                _ = Tensor.empty([Self.tooMany], dtype: .float32, device: .cpu)
            }
        }
        #expect(error.description.hasPrefix("out of memory: "))
        #expect(!error.description.contains("\n"), "\(error)")
    }

    @Test("What follows a failure goes on in shapes alone, and changes no tensor from before")
    func shapes() {
        let kept = Tensor([1, 2, 3] as [Float], shape: [3])
        expectMemoryError {
            let lost = Tensor.empty([Self.tooMany, 3], dtype: .float32, device: .cpu)
            #expect(lost.shape == [Self.tooMany, 3])
            let sum = (lost * 2 + kept).sum(dimension: 0)
            #expect(sum.shape == [3])
            #expect(sum.floats() == [0, 0, 0])
            #expect(sum.sum().item() == 0)
            kept.copy(from: sum)
            kept.withMutableHostBytes { $0.storeBytes(of: 7, as: Float.self) }
            Foreach.multiply([kept], by: 4)
            #expect(
                Tensor([5, 6] as [Float], shape: [2]).linear(
                    weight: Tensor([1, 2] as [Float], shape: [1, 2]), bias: nil
                ).shape == [1])
        }
        #expect(kept.floats() == [1, 2, 3])
        // Rotary positions turn by complex numbers.
        let pairs = Tensor([1, 0, 0, 1] as [Float], shape: [2, 2]).asComplex()
        expectMemoryError {
            let lost = Tensor.empty([Self.tooMany, 2, 2], dtype: .float32, device: .cpu)
            #expect((lost.asComplex() * pairs).asReal().shape == [Self.tooMany, 2, 2])
        }
        // Nothing of it is left behind.
        #expect((kept + kept).floats() == [2, 4, 6])
    }

    @Test("A failure in backward is thrown, also out of a backward function of the program's own")
    func backward() {
        let leaf = Tensor([1] as [Float], shape: [1])
        leaf.requiresGradient = true
        expectMemoryError { leaf.expanded([Self.tooMany]).exp().sum().backward() }
        let output = CustomGradient.record(inputs: [leaf]) {
            [leaf * 2]
        } backward: { _ in
            [Tensor.empty([Self.tooMany], dtype: .float32, device: .cpu)]
        }
        expectMemoryError { output[0].sum().backward() }
        expectMemoryError { try Tensor.backward([output[0].sum()], [nil]) }
    }

    @Test("What a backward function of the program's own throws comes out as it is")
    func backwardError() throws {
        struct Other: Error, Equatable { let number: Int }
        let leaf = Tensor([1] as [Float], shape: [1])
        leaf.requiresGradient = true
        func output(_ number: Int) -> Tensor {
            CustomGradient.record(inputs: [leaf]) {
                [leaf * 2]
            } backward: { _ in
                throw Other(number: number)
            }[0].sum()
        }
        #expect(throws: Other(number: 1)) { try Tensor.backward([output(1)], [nil]) }
        #expect(throws: Other(number: 2)) { try throwingTorchFailures { output(2).backward() } }
        // It ends the scope as any failure does: what follows is not computed.
        #expect(throws: Other(number: 3)) {
            try throwingTorchFailures {
                output(3).backward()
                #expect((leaf.detached() + 1).floats() == [0])
            }
        }
        #expect(leaf.gradient == nil)
    }

    @Test("What the body throws by itself, and what it returns, come out")
    func transparency() throws {
        struct Other: Error {}
        #expect(throws: Other.self) { try throwingTorchFailures { throw Other() } }
        #expect(try throwingTorchFailures { Tensor([4] as [Float], shape: [1]).item() } == 4)
        // The failure comes first: what is thrown after it may come of values that are missing.
        expectMemoryError {
            _ = Tensor.empty([Self.tooMany], dtype: .float32, device: .cpu)
            throw Other()
        }
    }

    @Test("A scope in a failed one does not begin, and one in a whole one stands alone")
    func nested() throws {
        var hasBegun = false
        expectMemoryError {
            _ = Tensor.empty([Self.tooMany], dtype: .float32, device: .cpu)
            try throwingTorchFailures { hasBegun = true }
        }
        #expect(!hasBegun)
        let value = try throwingTorchFailures {
            expectMemoryError { _ = Tensor.empty([Self.tooMany], dtype: .float32, device: .cpu) }
            return Tensor([4] as [Float], shape: [1]).item()
        }
        #expect(value == 4)
    }

    private struct Absence: Error {}

    @Test("What fails amid computations that do not throw is thrown at the scope's end, once")
    func noted() {
        var runs = 0
        #expect(throws: Absence.self) {
            try throwingTorchFailures {
                for _ in 0..<2 {
                    let value = notingFailure(
                        {
                            runs += 1
                            throw Absence()
                        }, else: 5)
                    #expect(value == 5)
                }
                #expect((Tensor([1] as [Float], shape: [1]) + 1).floats() == [0])
            }
        }
        #expect(runs == 1)
        #expect(notingFailure({ 4 }, else: 5) == 4)
    }

    @Test("What a backward function throws comes out of backward as it is, however deep")
    func thrownInBackward() throws {
        let leaf = Tensor([1] as [Float], shape: [1])
        leaf.requiresGradient = true
        func failing(_ x: Tensor) -> Tensor {
            CustomGradient.record(inputs: [x]) {
                [x * 2]
            } backward: { _ in
                throw Absence()
            }[0]
        }
        #expect(throws: Absence.self) { try Tensor.backward([failing(leaf).sum()], [nil]) }
        #expect(throws: Absence.self) { try throwingTorchFailures { failing(leaf).backward() } }
        let outer = CustomGradient.record(inputs: [leaf]) {
            [leaf * 2]
        } backward: { _ in
            try withGradientRecording(true) { try Tensor.backward([failing(leaf)], [nil]) }
            return [nil]
        }
        #expect(throws: Absence.self) { try throwingTorchFailures { outer[0].backward() } }
        // Nothing of it is left behind.
        let square = leaf * leaf
        square.backward()
        #expect(leaf.gradient?.floats() == [2])
    }

    @Test("What a backward function keeps is let go when backward has passed")
    func released() throws {
        final class Kept {}
        weak var kept: Kept?
        let leaf = Tensor([1] as [Float], shape: [1])
        leaf.requiresGradient = true
        let output: Tensor
        do {
            let held = Kept()
            kept = held
            output =
                CustomGradient.record(inputs: [leaf]) {
                    [leaf * 2]
                } backward: { gradients in
                    withExtendedLifetime(held) { gradients }
                }[0]
        }
        #expect(kept != nil)
        output.backward()
        #expect(kept == nil)
        #expect(throws: TorchError.self) { try Tensor.backward([output], [nil]) }
    }

    @Test("A mistake of the program traps, in a scope too")
    func mistakes() async {
        await #expect(processExitsWith: .failure) {
            try throwingTorchFailures {
                let a = Tensor.full([2, 3], 0, device: .cpu)
                _ = a.matmul(a)
            }
        }
    }
}
