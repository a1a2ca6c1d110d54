internal import Foundation

/// Ctrl-C and SIGTERM, turned into something that a loop can ask about.
enum Interrupt {
    // Written by the signal handler alone, a whole word at once, and read by the training loop.
    private nonisolated(unsafe) static var received: sig_atomic_t = 0

    /// From now on the first signal is noted; a second one ends the process at once.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                Interrupt.received = number
                signal(number, SIG_DFL)
            }
        }
    }

    /// The signal that came, nil if none did.
    static var signalNumber: Int32? { received == 0 ? nil : received }
}
