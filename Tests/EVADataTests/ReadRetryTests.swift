import EVAData
import Glibc
import Synchronization
import Testing

@Suite("Reading calls that fail for a while")
struct ReadRetryTests {
    /// How often a call is made that fails so often, and what comes of it.
    private func calls(_ code: Int32, failures: Int, pauses: Int = 4) -> (count: Int, result: Int) {
        var count = 0
        let result = ReadRetry.call(
            "/data/file", pauses: Array(repeating: 0.001, count: pauses)
        ) {
            count += 1
            errno = code
            return count <= failures ? -1 : 7
        }
        return (count, result)
    }

    @Test(
        "They are made again, where the reason may pass",
        arguments: [EIO, ESTALE, EAGAIN, ETIMEDOUT])
    func transient(code: Int32) {
        #expect(calls(code, failures: 3) == (4, 7))
    }

    @Test("Not for ever, and not for other reasons")
    func bounded() {
        #expect(calls(EIO, failures: 100) == (5, -1))
        #expect(errno == EIO)
        #expect(calls(EACCES, failures: 100) == (1, -1))
        // A signal is no failure at all.
        #expect(calls(EINTR, failures: 10) == (11, 7))
    }

    @Test("The person who started the run is told once")
    func told() {
        let lines = Mutex<[String]>([])
        ReadRetry.tellOnce { line in lines.withLock { $0.append(line) } }
        _ = calls(EIO, failures: 2)
        _ = calls(EIO, failures: 2)
        // Another test of this process may have been the first.
        #expect(lines.withLock { $0.count } <= 1)
        #expect(lines.withLock { $0.allSatisfy { $0.hasPrefix("/data/file: Input/output error") } })
    }
}
