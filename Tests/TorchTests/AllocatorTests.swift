import Testing

@testable import Torch

@Suite struct AllocatorTests {
    @Test("Memory of one step serves the next, and counts are right")
    func reuse() {
        Runtime.keepMemoryBetweenSteps()
        let before = Runtime.memory
        var reserved: Int?
        for _ in 0..<20 {
            let tensors = (1...8).map { Tensor.full([$0 * 50_000], 1, device: .cpu) }
            #expect(tensors.allSatisfy { $0.sum().item() == Double($0.count) })
            if let reserved {
                #expect(Runtime.memory.reservedBytes == reserved)
            } else {
                reserved = Runtime.memory.reservedBytes
            }
        }
        let after = Runtime.memory
        #expect(after.allocationCount - before.allocationCount >= 160)
        #expect(after.peakBytes >= 36 * 50_000 * 4)
    }
}
