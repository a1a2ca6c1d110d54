internal import Glibc

/// A sentence that asks for a report, before the backtrace of a mistake of the program's own.
///
/// What the outside causes is an error of one line; whatever ends in a signal is not the user's
/// fault, and Swift's runtime then prints where it happened.
enum CrashNotice {
    private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT]

    // Written before any other thread runs, and read by the signal handler alone.
    private nonisolated(unsafe) static var before: [Int32: sigaction] = [:]

    /// From now on a crash is announced, once, and then handled as it was before.
    static func install() {
        for number in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_sigaction = { number, _, _ in CrashNotice.announce(number)
            }
            action.sa_flags = SA_SIGINFO | SA_ONSTACK
            var old = sigaction()
            sigaction(number, &action, &old)
            before[number] = old
        }
    }

    private static func announce(_ number: Int32) {
        let text: StaticString = """

            evaclip made a mistake of its own: please report it, with the command that you ran, \
            `evaclip --version` and what stands above and below this line.

            """
        write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        for number in signals {
            guard var old = before[number] else { continue }
            sigaction(number, &old, nil)
        }
        // The faulty instruction runs again and meets the handler of before; abort() would not.
        if number == SIGABRT { raise(SIGABRT) }
    }
}
