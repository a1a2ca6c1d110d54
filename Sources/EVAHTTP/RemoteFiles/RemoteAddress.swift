internal import Foundation

/// The address of a file on a server: `https://HOST/PATH`, `http://HOST/PATH` or `s3://BUCKET/KEY`.
package struct RemoteAddress: Sendable, Equatable {
    /// What is asked for it.
    enum Target: Sendable, Equatable {
        case http(url: String)
        case s3(bucket: String, key: String)
    }

    let target: Target
    /// The address without what is secret in it, as errors and lists name it.
    package let shown: String

    /// Whether a word is spelt as an address, of whatever kind, and not as a path.
    package static func isAddress(_ word: some StringProtocol) -> Bool {
        guard let scheme = word.range(of: "://"), scheme.lowerBound > word.startIndex else {
            return false
        }
        return word[..<scheme.lowerBound].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// An address, or a pattern of some, without what is secret in it.
    package static func shown(_ text: String) -> String {
        text.lowercased().hasPrefix("http") ? Redirection.shown(text) : text
    }

    /// Reads an address.
    ///
    /// - Throws: `RemoteError` for one of another kind, or one that lacks something.
    package init(_ text: String) throws(RemoteError) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        let rest = text.dropFirst(scheme.count + 3)
        switch scheme {
        case "http", "https":
            let url = Self.encoded(text) { (0x21...0x7E).contains($0) }
            shown = Redirection.shown(text)
            guard !Redirection.server(url).hasSuffix("://") else {
                throw RemoteError(.unusable, shown, "names no host; expected \(scheme)://HOST/PATH")
            }
            target = .http(url: url)
        case "s3":
            shown = text
            let bucket = rest.prefix { $0 != "/" }
            let key = rest.dropFirst(bucket.count + 1)
            guard !bucket.isEmpty, !key.isEmpty else {
                throw RemoteError(.unusable, text, "expected s3://BUCKET/KEY")
            }
            guard bucket.utf8.allSatisfy({ Self.isUnreserved($0) && $0 != UInt8(ascii: "~") })
            else {
                throw RemoteError(
                    .unusable, text,
                    "\(bucket) is no name of a bucket; expected letters, digits, dots, hyphens and "
                        + "underscores")
            }
            target = .s3(bucket: String(bucket), key: String(key))
        default:
            shown = Redirection.shown(text)
            throw RemoteError(
                .unusable, shown, "expected an address of http://, https:// or s3://")
        }
    }

    /// The path of what it names, by whose ending files are known.
    package var path: String {
        switch target {
        case .http: shown
        case .s3(_, let key): key
        }
    }

    /// A key as part of an address, each byte but the plainest and the slashes escaped, as AWS signs
    /// it.
    static func encodedKey(_ key: String) -> String {
        encoded(key) { isUnreserved($0) || $0 == UInt8(ascii: "/") }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func encoded(_ text: String, keeping keeps: (UInt8) -> Bool) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if keeps(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + String(format: "%02X", byte)
            }
        }
    }
}

extension RemoteAddress {
    /// The address of another file, named from the folder that this one lies in.
    ///
    /// What follows the path of an `https` address, such as a token for all of a store, stays.
    package static func sibling(of address: String, named name: String) -> String {
        let isKey = address.lowercased().hasPrefix("s3:")
        let place = isKey ? address[...] : address.prefix { $0 != "?" && $0 != "#" }
        let folder = place.lastIndex(of: "/").map { place[...$0] } ?? place
        return folder + name + address[place.endIndex...]
    }
}
