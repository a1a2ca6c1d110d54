import Testing

@testable import Torch

@Suite struct AutogradTests {
    @Test("Gradients reach the leaves and add up")
    func backward() throws {
        let x = Tensor([1, 2, 3] as [Float], shape: [3])
        x.requiresGradient = true
        (x * x).sum().backward()
        #expect(try #require(x.gradient).floats() == [2, 4, 6])
        (x * 3).sum().backward()
        #expect(try #require(x.gradient).floats() == [5, 7, 9])
        x.gradient = nil
        #expect(x.gradient == nil)
    }

    @Test("Nothing is recorded without gradient, and recording comes back after an error")
    func withoutGradientScope() {
        struct Stop: Error {}
        let x = Tensor.full([2], 1, device: .cpu)
        x.requiresGradient = true
        #expect(withoutGradient { (x * 2).requiresGradient } == false)
        #expect(throws: Stop.self) { try withoutGradient { throw Stop() } }
        #expect((x * 2).requiresGradient)
    }

    @Test("A backward of one's own is used, and its error becomes the run's")
    func customGradient() throws {
        struct Stop: Error {}
        let x = Tensor([1, 2] as [Float], shape: [2])
        x.requiresGradient = true
        let y = CustomGradient.record(inputs: [x]) {
            [x * 10]
        } backward: { gradients in
            [gradients[0].map { $0 * 7 }]
        }[0]
        #expect(y.floats() == [10, 20])
        y.sum().backward()
        #expect(try #require(x.gradient).floats() == [7, 7])
        let z = CustomGradient.record(inputs: [x]) {
            [x * 10]
        } backward: { _ in
            throw Stop()
        }[0]
        #expect(throws: Stop.self) { try Tensor.backward([z.sum()], [nil]) }
    }

    @Test("What a backward holds is let go with the graph")
    func release() {
        final class Held {}
        weak var seen: Held?
        do {
            let held = Held()
            seen = held
            let x = Tensor.full([2], 1, device: .cpu)
            x.requiresGradient = true
            let y = CustomGradient.record(inputs: [x]) {
                [x * 2]
            } backward: { gradients in
                withExtendedLifetime(held) { [gradients[0]] }
            }[0]
            y.sum().backward()
        }
        #expect(seen == nil)
    }

    @Test("Handles outlive calls under pressure from many threads")
    func ownership() async {
        // Would crash, or read freed memory under a sanitizer, if a handle were freed early.
        let sums = await withTaskGroup(of: Double.self) { group in
            for seed in 0..<4 {
                group.addTask {
                    var total = 0.0
                    for round in 0..<300 {
                        let source = RandomSource(seed: UInt64(seed * 1000 + round))
                        let x = Tensor.empty([8, 8], dtype: .float32, device: .cpu)
                        x.fillUniform(0..<1, from: source)
                        x.requiresGradient = true
                        let parts = (0..<8).map { x.selected($0, dimension: 0) * Double($0) }
                        let y = Tensor.stacked(parts, dimension: 0).matmul(x.transposed(0, 1))
                        let z = CustomGradient.record(inputs: [y]) {
                            [y + 1]
                        } backward: {
                            $0
                        }[0]
                        z.sum().backward()
                        total += (x.gradient?.sum().item() ?? .nan) * 0 + 1
                    }
                    return total
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums == [300, 300, 300, 300])
    }
}
