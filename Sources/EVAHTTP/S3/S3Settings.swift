internal import Foundation

/// Where a store that speaks S3 is and who asks, from the variables and files of AWS's own tools.
struct S3Settings {
    /// Keys, and the token that goes with those that end.
    struct Credentials: Equatable {
        var accessKey: String
        var secretKey: String
        var sessionToken: String?
    }

    let region: String
    /// Such as `http://127.0.0.1:9000`; nil for AWS itself.
    let endpoint: String?
    /// nil for requests that are not signed.
    let credentials: Credentials?
    /// A file of the certificates that are trusted; nil for the usual.
    let certificates: String?

    /// - Throws: `RemoteError` for settings that cannot be used.
    init(environment: [String: String]) throws(RemoteError) {
        let profile = try AWSProfile(environment: environment)
        region =
            environment.nonEmpty("AWS_REGION") ?? environment.nonEmpty("AWS_DEFAULT_REGION")
            ?? profile["region"] ?? "us-east-1"
        guard region.utf8.allSatisfy({ Self.regionCharacters.contains($0) }) else {
            throw RemoteError(
                .unusable, "AWS_REGION",
                "\"\(region)\" is no region; expected one such as eu-west-1")
        }
        endpoint = try Self.endpoint(environment, profile)
        credentials = try Self.credentials(environment, profile)
        certificates = environment.nonEmpty("AWS_CA_BUNDLE")
    }

    private static let regionCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    /// The address of an object.
    ///
    /// A bucket is part of AWS's host where its name can be, and of the path elsewhere.
    func url(bucket: String, key: String) -> String {
        let key = RemoteAddress.encodedKey(key)
        if let endpoint { return "\(endpoint)/\(bucket)/\(key)" }
        let host = "s3.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
        return Self.isHostLabel(bucket)
            ? "https://\(bucket).\(host)/\(key)" : "https://\(host)/\(bucket)/\(key)"
    }

    /// Whether a certificate for `*.s3...` holds for a bucket.
    private static func isHostLabel(_ bucket: String) -> Bool {
        (3...63).contains(bucket.utf8.count) && !bucket.hasPrefix("-") && !bucket.hasSuffix("-")
            && bucket.utf8.allSatisfy { regionCharacters.contains($0) }
    }

    private static func endpoint(_ environment: [String: String], _ profile: AWSProfile)
        throws(RemoteError) -> String?
    {
        let found =
            environment.nonEmpty("AWS_ENDPOINT_URL_S3") ?? environment.nonEmpty("AWS_ENDPOINT_URL")
            ?? profile["endpoint_url"]
        guard let found else { return nil }
        let isURL = ["http://", "https://"].contains { found.lowercased().hasPrefix($0) }
        guard isURL, !Redirection.server(found).hasSuffix("://"), Redirection.shown(found) == found
        else {
            throw RemoteError(
                .unusable, "AWS_ENDPOINT_URL",
                "\(Redirection.shown(found)): expected an address such as https://HOST:PORT, "
                    + "without keys in it")
        }
        return found.hasSuffix("/") ? String(found.dropLast()) : found
    }

    private static func credentials(_ environment: [String: String], _ profile: AWSProfile)
        throws(RemoteError) -> Credentials?
    {
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        let given = names.map { environment.nonEmpty($0) }
        let written = names.map { profile[$0.lowercased()] }
        let token: String?
        let pair: [String?]
        let place: String
        if given != [nil, nil] {
            (pair, token, place) = (
                given, environment.nonEmpty("AWS_SESSION_TOKEN"), "the environment"
            )
        } else {
            (pair, token, place) = (written, profile["aws_session_token"], profile.credentialsPath)
        }
        guard let accessKey = pair[0], let secretKey = pair[1] else {
            if let lacking = zip(names, pair).first(where: { $1 == nil }), pair != [nil, nil] {
                throw RemoteError(
                    .unusable, lacking.0,
                    "is missing in \(place), which has the other half of a pair of keys; set both, "
                        + "or neither for requests without a signature")
            }
            if let way = profile.foreignWays.first {
                throw RemoteError(
                    .unusable, "AWS_PROFILE",
                    "the profile \(profile.name) has \(way) and no keys, which is not followed; "
                        + "`aws configure export-credentials --format env` prints keys to set")
            }
            return nil
        }
        let texts = [accessKey, secretKey, token ?? "-"]
        guard texts.allSatisfy({ $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }),
            !accessKey.contains(":")
        else {
            throw RemoteError(
                .unusable, names[0],
                "the keys in \(place) hold blanks or other characters that no "
                    + "key has")
        }
        return Credentials(accessKey: accessKey, secretKey: secretKey, sessionToken: token)
    }
}
