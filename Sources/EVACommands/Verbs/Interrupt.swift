internal import Foundation

/// Signals that ask a process to end, turned into something that a loop can ask about.
///
/// Ctrl-C and SIGTERM; SIGHUP, when a terminal or a connection closes; SIGUSR1, with which Slurm can
/// announce that a job's time is up; and SIGPIPE, when what reads the output ends.
enum Interrupt {
    // Written by the signal handler alone, a whole word at once, and read by the training loop.
    private nonisolated(unsafe) static var received: sig_atomic_t = 0

    /// From now on the first signal is noted; a second Ctrl-C or SIGTERM ends the process at once.
    ///
    /// What was ignored before, as SIGHUP is under nohup, stays so.
    static func watch() {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE] {
            var present = sigaction()
            sigaction(number, nil, &present)
            let isIgnored = unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == 1
            guard !isIgnored else { continue }
            signal(number) { number in
                if Interrupt.received == 0 { Interrupt.received = number }
                // Closed terminals and pipes are heard of again with every line that is written.
                signal(number, number == SIGINT || number == SIGTERM ? SIG_DFL : SIG_IGN)
            }
        }
    }

    /// The signal that came, nil if none did.
    static var signalNumber: Int32? { received == 0 ? nil : received }
}
