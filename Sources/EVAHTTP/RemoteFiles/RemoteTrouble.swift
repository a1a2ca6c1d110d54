/// Why a try did not bring what was asked for.
enum RemoteTrouble: Error {
    /// Another try may; with the seconds that the server asks to wait.
    case passing(String, waitSeconds: Int)
    /// No other try would.
    case final(RemoteError)

    /// The trouble of a transfer that did not end well.
    init(_ response: HTTPResponse, name: String) {
        let reason = response.reason
        switch response.outcome {
        case .stopped: self = .final(RemoteError(.stopped, name, "stopped"))
        case .unusable: self = .final(RemoteError(.unusable, name, reason))
        case .untrusted:
            self = .final(
                RemoteError(
                    .untrusted, name,
                    "\(reason); SSL_CERT_FILE names a file of other certificates to trust"))
        case .broken, .unknownHost, .done: self = .passing(reason, waitSeconds: 0)
        }
    }
}
