import EVAData
import Testing

@Suite("The order of an epoch")
struct EpochOrderTests {
    private func order(_ count: Int, seed: UInt64 = 42, epoch: Int = 0) -> [Int] {
        let order = EpochOrder(count: count, seed: seed, epoch: epoch, shuffled: true)
        return (0..<count).map { order[$0] }
    }

    @Test("Every sample comes exactly once, whatever the count")
    func permutation() {
        for count in Array(1...60) + [583, 1024, 4097] {
            #expect(order(count).sorted() == Array(0..<count), "\(count) samples")
        }
    }

    @Test("The order is what it was when checkpoints were written that rely on it")
    func pinned() {
        #expect(order(10) == [6, 5, 8, 2, 9, 7, 0, 1, 4, 3])
        #expect(order(10, epoch: 1) == [7, 6, 9, 3, 8, 0, 2, 5, 4, 1])
        #expect(Array(order(566_747).prefix(4)) == [42854, 138_055, 430_846, 415_012])
    }

    @Test("Seed and epoch change the order; the same ones give it again")
    func dependence() {
        #expect(order(100) == order(100))
        #expect(order(100) != order(100, seed: 43))
        #expect(order(100) != order(100, epoch: 1))
    }

    @Test("Over many epochs each sample comes at each place about equally often")
    func uniformity() {
        let count = 12
        let epochs = 6000
        var hits = [Int](repeating: 0, count: count * count)
        for epoch in 0..<epochs {
            for (place, sample) in order(count, epoch: epoch).enumerated() {
                hits[place * count + sample] += 1
            }
        }
        // 500 expected; six standard deviations of a binomial count are 128.
        #expect(hits.allSatisfy { abs($0 - epochs / count) < 128 }, "\(hits)")
    }

    @Test("Neighbours in the source are no neighbours in the order")
    func neighbours() {
        let order = order(10_000)
        let adjacent = zip(order, order.dropFirst()).count { abs($0 - $1) == 1 }
        // Two expected by chance.
        #expect(adjacent < 15)
    }

    @Test("Without shuffling every epoch has the order of the source")
    func unshuffled() {
        let order = EpochOrder(count: 9, seed: 1, epoch: 3, shuffled: false)
        #expect((0..<9).map { order[$0] } == Array(0..<9))
    }

    @Test("Each place is tried once when samples are unreadable", arguments: [1, 2, 3, 10, 11])
    func attempts(count: Int) {
        let order = EpochOrder(count: count, seed: 9, epoch: 0, shuffled: true)
        for place in 0..<count {
            let tries = (0..<count).map { order.place(for: place, attempt: $0) }
            #expect(tries.first == place)
            #expect(tries.sorted() == Array(0..<count))
        }
    }
}
