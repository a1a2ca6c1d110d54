/// What is sent for a file, and what answers mean.
struct RemoteRequest {
    /// The address that is asked first.
    let url: String
    private let name: String
    private let store: S3Settings?

    /// - Throws: `RemoteTrouble` where the environment says something that cannot be used.
    init(_ address: RemoteAddress, environment: [String: String]) throws(RemoteTrouble) {
        name = address.shown
        switch address.target {
        case .http(let url):
            self.url = url
            store = nil
        case .s3(let bucket, let key):
            // Anew for each connection: keys that end are written anew by others.
            do throws(RemoteError) {
                let store = try S3Settings(environment: environment)
                self.store = store
                url = store.url(bucket: bucket, key: key)
            } catch {
                throw .final(error)
            }
        }
    }

    /// The request for a file from a place on.
    ///
    /// It is signed for the server that was asked first, and for no other.
    func request(
        for url: String, at place: Int, of version: FileVersion, policy: RetryPolicy, readAhead: Int
    ) -> HTTPRequest {
        var request = HTTPRequest(url: url)
        request.connectSeconds = policy.connectSeconds
        request.stallSeconds = policy.stallSeconds
        request.readAhead = readAhead
        request.certificates = store?.certificates
        if place > 0 {
            request.headers.append("Range: bytes=\(place)-")
            if let validator = version.validator {
                request.headers.append("If-Range: \(validator)")
            }
        }
        if let store, let keys = store.credentials,
            Redirection.server(url) == Redirection.server(self.url)
        {
            request.signature = .init(
                region: store.region, accessKey: keys.accessKey, secretKey: keys.secretKey)
            // Of no content.
            request.headers.append("x-amz-content-sha256: \(Self.digestOfNothing)")
            if let token = keys.sessionToken {
                request.headers.append("x-amz-security-token: \(token)")
            }
        }
        return request
    }

    private static let digestOfNothing =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    // MARK: Answers

    /// What an answer without content means.
    func trouble(_ response: HTTPResponse, page: [UInt8]) -> RemoteTrouble {
        if response.outcome == .stopped { return RemoteTrouble(response, name: name) }
        let status = response.head.status
        let code = store == nil ? nil : Self.code(in: page)
        let answer = "\(status)" + (code.map { " " + $0 } ?? "")
        switch status {
        case 408, 425, 429, 500, 502, 503, 504:
            return .passing(
                "the server answers \(answer)", waitSeconds: response.retryAfterSeconds)
        case 400 where code == "RequestTimeout":
            return .passing("the server answers \(answer)", waitSeconds: 0)
        case 404, 410:
            return .final(
                RemoteError(
                    .notFound, name,
                    "no such file on the server (\(answer)); correct the address, or bring it there"
                ))
        case 416:
            return .final(
                RemoteError(
                    .changed, name,
                    "was changed while it was being read: the server has no byte there any more "
                        + "(\(answer))"))
        default:
            let advice =
                store?.advice(status: status, code: code, head: response.head)
                ?? ([401, 403].contains(status)
                    ? "a private file needs what opens it in its address: a signature, or "
                        + "USER:PASSWORD@HOST" : "expected the file")
            return .final(
                RemoteError(.refused, name, "the server refuses it (\(answer)); \(advice)"))
        }
    }

    /// The word between `<Code>` and `</Code>`.
    private static func code(in page: [UInt8]) -> String? {
        let text = String(decoding: page, as: UTF8.self)
        guard let start = text.firstRange(of: "<Code>")?.upperBound else { return nil }
        let word = text[start...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(64)
        return word.isEmpty ? nil : String(word)
    }
}

extension S3Settings {
    /// What helps against a refusal; nil where nothing is known to.
    func advice(status: Int, code: String?, head: HTTPHead) -> String? {
        if let place = head["x-amz-bucket-region"], place != region, endpoint == nil {
            return "the bucket lies in the region \(place.prefix(40)), \(region) was asked; set "
                + "AWS_REGION"
        }
        switch code {
        case "PermanentRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException":
            return "the bucket lies in another region than \(region); set AWS_REGION"
        case "RequestTimeTooSkewed": return "set the clock of this machine"
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
            return "the session token is no longer good; get new keys"
        case "InvalidAccessKeyId", "SignatureDoesNotMatch":
            return "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
        default: break
        }
        guard status == 401 || status == 403 else { return nil }
        guard credentials != nil else {
            return "the request was not signed, since there are no keys; set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        }
        return "these keys may not read it (s3:GetObject), or the bucket has no such key"
    }
}
