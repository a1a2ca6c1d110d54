import Glibc
import Synchronization

/// Ends the program with one line where a mapped file turns out to be shorter than it was, or where
/// its disk fails, instead of with a bus error that says nothing.
///
/// Only what is read at once and at the start is mapped: weights, and lists while their lines are
/// found. What a run reads for hours is read by calls, which fail with an error.
package enum MappingGuard {
    private struct Entry {
        var start: UInt = 0
        var end: UInt = 0
        var path: UnsafeMutablePointer<CChar>?
    }

    private static let capacity = 1024
    // The table of the mappings, which a signal's handler reads without a lock: an entry counts from
    // when its end is written.
    private nonisolated(unsafe) static let entries: UnsafeMutablePointer<Entry> = {
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        entries.initialize(repeating: Entry(), count: capacity)
        return entries
    }()
    private static let lock = Mutex(())
    // Written before any other thread runs, and read by the handler.
    private nonisolated(unsafe) static var before = sigaction()

    /// Takes over the signal; for programs, not for libraries.
    package static func install() {
        _ = entries
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { _, info, _ in
            MappingGuard.answer(
                info.map { UInt(bitPattern: $0.pointee._sifields._sigfault.si_addr) })
        }
        action.sa_flags = SA_SIGINFO
        sigaction(SIGBUS, &action, &before)
    }

    static func add(_ bytes: UnsafeRawBufferPointer, path: String) {
        guard let start = bytes.baseAddress else { return }
        lock.withLock { _ in
            for index in 0..<capacity where entries[index].end == 0 {
                entries[index].path = strdup(path)
                entries[index].start = UInt(bitPattern: start)
                entries[index].end = UInt(bitPattern: start) + UInt(bytes.count)
                return
            }
        }
    }

    static func remove(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        lock.withLock { _ in
            for index in 0..<capacity
            where entries[index].end != 0 && entries[index].start == UInt(bitPattern: start) {
                entries[index].end = 0
                free(entries[index].path)
                return
            }
        }
    }

    /// Called by the handler: nothing here asks for memory.
    private static func answer(_ address: UInt?) {
        if let address {
            for index in 0..<capacity
            where entries[index].start <= address && address < entries[index].end {
                say("error: ")
                if let path = entries[index].path { write(STDERR_FILENO, path, strlen(path)) }
                say(": became shorter while it was being read, or its disk failed; ")
                say("bring the file back whole and start again\n")
                _exit(1)
            }
        }
        // Another's fault: it comes again, and is answered as before.
        sigaction(SIGBUS, &before, nil)
    }

    private static func say(_ text: StaticString) {
        write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
