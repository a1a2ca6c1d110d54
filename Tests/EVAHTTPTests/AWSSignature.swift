import EVATestSupport
import Foundation
import Libcrypto

/// Version 4 of AWS's signature, computed as its description says, to compare with what was sent.
struct AWSSignature {
    var secretKey: String

    /// The signature that a GET request must have, by what the request itself says; nil for one that
    /// is not signed, or not in the way of S3.
    func expected(for request: LoopbackServer.Request) -> String? {
        guard let stated = Self.parameters(of: request), let names = stated["SignedHeaders"],
            let scope = stated["Credential"]?.split(separator: "/").dropFirst(), scope.count == 4,
            let time = request.fields["x-amz-date"],
            let digest = request.fields["x-amz-content-sha256"]
        else { return nil }
        let parts = request.path.split(separator: "?", maxSplits: 1)
        var canonical = "GET\n\(parts[0])\n\(parts.count > 1 ? parts[1] : "")\n"
        for name in names.split(separator: ";") {
            canonical += "\(name):\(request.fields[String(name)] ?? "")\n"
        }
        canonical += "\n\(names)\n\(digest)"
        let text =
            "AWS4-HMAC-SHA256\n\(time)\n\(scope.joined(separator: "/"))\n"
            + Self.hexadecimal(Self.sha256(Array(canonical.utf8)))
        var key = Array("AWS4\(secretKey)".utf8)
        for word in scope { key = Self.authenticated(Array(word.utf8), with: key) }
        return Self.hexadecimal(Self.authenticated(Array(text.utf8), with: key))
    }

    /// `Credential`, `SignedHeaders` and `Signature` of a request.
    static func parameters(of request: LoopbackServer.Request) -> [String: String]? {
        guard let field = request.fields["authorization"], field.hasPrefix("AWS4-HMAC-SHA256 ")
        else { return nil }
        var parameters: [String: String] = [:]
        for part in field.dropFirst("AWS4-HMAC-SHA256 ".count).split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            parameters[pair[0].trimmingCharacters(in: .whitespaces)] = String(pair[1])
        }
        return parameters
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        return digest
    }

    /// HMAC as RFC 2104 has it.
    private static func authenticated(_ bytes: [UInt8], with key: [UInt8]) -> [UInt8] {
        let key = key.count > 64 ? sha256(key) : key
        let block = key + [UInt8](repeating: 0, count: 64 - key.count)
        return sha256(block.map { $0 ^ 0x5C } + sha256(block.map { $0 ^ 0x36 } + bytes))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }
}
