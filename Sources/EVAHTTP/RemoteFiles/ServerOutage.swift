internal import Synchronization

/// Servers that could not be reached for as long as anybody was patient.
///
/// Where one is down for good, not every file of it shall make a run wait: after some in a row each is
/// tried once, until one can be read again.
enum ServerOutage {
    private static let mostLosses = 3
    private static let losses = Mutex<[String: Int]>([:])

    /// How often a server is asked before a file of it is given up.
    static func attempts(_ policy: RetryPolicy, at address: RemoteAddress) -> Int {
        losses.withLock { $0[key(address), default: 0] } < mostLosses ? policy.attempts : 1
    }

    static func note(at address: RemoteAddress) {
        losses.withLock { $0[key(address), default: 0] += 1 }
    }

    static func end(of address: RemoteAddress) {
        losses.withLock { losses in
            if !losses.isEmpty { losses[key(address)] = nil }
        }
    }

    private static func key(_ address: RemoteAddress) -> String {
        switch address.target {
        case .http(let url): Redirection.server(url)
        case .s3(let bucket, _): bucket
        }
    }
}
