import EVAData
import Testing

@Suite("Random numbers of the data pipeline")
struct SplitMix64Tests {
    @Test("The generator gives the published numbers")
    func publishedNumbers() {
        var generator = SplitMix64()
        #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
        #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(generator.next() == 0x06C4_5D18_8009_454F)
    }

    @Test("Every word that seeds a generator, and their order, matter")
    func seeding() {
        var firsts: Set<UInt64> = []
        for a in UInt64(0)..<20 {
            for b in UInt64(0)..<20 {
                var generator = SplitMix64(hashing: a, b)
                firsts.insert(generator.next())
            }
        }
        #expect(firsts.count == 400)
    }

    @Test("Numbers in a range fill it evenly and never leave it")
    func ranges() {
        var generator = SplitMix64(hashing: 1)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7000 { counts[generator.below(7)] += 1 }
        #expect(counts.allSatisfy { (850...1150).contains($0) }, "\(counts)")
        for _ in 0..<1000 { #expect((-2...3).contains(generator.uniform(-2...3))) }
    }
}
