import EVAConfiguration
import EVATraining
import Testing

@Suite struct ReaderThreadsTests {
    @Test("Half of the processors read unless a number is given, which they bound")
    func bounds() throws {
        #expect(try ReaderThreads.count(0, processors: 1) == 1)
        #expect(try ReaderThreads.count(0, processors: 6) == 3)
        #expect(try ReaderThreads.count(0, processors: 96) == 8)
        #expect(try ReaderThreads.count(64, processors: 2) == 64)
        #expect(try ReaderThreads.count(700, processors: 96) == 700)
        for (wanted, processors, most) in [(65, 2, 64), (100_000, 96, 768)] {
            let error = #expect(throws: UsageError.self) {
                try ReaderThreads.count(wanted, processors: processors)
            }
            #expect(
                error?.description.contains(
                    "--dataloader_num_workers \(wanted): at most \(most) threads read data on the "
                        + "\(processors) processors") == true)
        }
    }
}
