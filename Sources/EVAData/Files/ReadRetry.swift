internal import Glibc
internal import Synchronization

/// Calls that read files, made again for a while where they fail for reasons that pass.
///
/// Network file systems answer with such errors when a server restarts or a link is down for a
/// moment. A run that reads for days shall not end at one.
package enum ReadRetry {
    /// Seconds before each further try; 6.3 in all.
    package static let usualPauses = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2]

    private struct State {
        var listener: (@Sendable (String) -> Void)?
        var isTold = false
        /// Calls in a row for which all waiting was in vain.
        var losses = 0
    }

    // A disk that is broken for good shall not make every sample wait.
    private static let mostLosses = 8
    private static let state = Mutex(State())

    /// Names who is told, once in the life of the process, that calls are made again.
    package static func tellOnce(_ listener: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.listener = listener }
    }

    /// Makes a call until it does not fail, or not for a reason that may pass.
    ///
    /// - Parameters:
    ///   - path: The file concerned.
    ///   - pauses: Seconds before each further try.
    ///   - call: A system call: negative, with `errno` set, where it fails.
    /// - Returns: What the last call returned; `errno` is that of the last call.
    package static func call(
        _ path: String, pauses: [Double] = usualPauses, _ call: () -> Int
    ) -> Int {
        var pauses = pauses[...]
        var hasWaited = false
        while true {
            let result = call()
            let code = result < 0 ? errno : 0
            if code == EINTR { continue }
            guard passes(code), state.withLock({ $0.losses < mostLosses }) else {
                if hasWaited, result >= 0 { state.withLock { $0.losses = 0 } }
                errno = code
                return result
            }
            guard let pause = pauses.popFirst() else {
                state.withLock { $0.losses += 1 }
                errno = code
                return result
            }
            tell(path, String(cString: strerror(code)))
            hasWaited = true
            usleep(UInt32(pause * 1e6))
        }
    }

    private static func passes(_ code: Int32) -> Bool {
        [EIO, ESTALE, EAGAIN, ETIMEDOUT].contains(code)
    }

    /// Tells, once in the life of the process, that a file is tried again.
    static func tell(_ path: String, _ reason: String) {
        let listener = state.withLock { state in
            defer { state.isTold = true }
            return state.isTold ? nil : state.listener
        }
        listener?(
            "\(path): \(reason); reading is tried again for a while, here and wherever it happens")
    }
}
