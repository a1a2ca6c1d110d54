internal import Foundation

/// Where a server sends a request on to, if that can be trusted.
package enum Redirection {
    /// The address that a redirection leads to.
    ///
    /// - Parameters:
    ///   - url: The address that was asked.
    ///   - location: The absolute address that it names; nil for none.
    /// - Throws: `RemoteError` for another scheme than `http` and `https`, and for the step from
    ///   `https` to `http`.
    package static func target(of url: String, location: String?) throws(RemoteError) -> String {
        guard let location else {
            throw RemoteError(.refused, shown(url), "a redirection that leads nowhere")
        }
        let isSecure = location.lowercased().hasPrefix("https://")
        guard isSecure || location.lowercased().hasPrefix("http://") else {
            throw RemoteError(
                .untrusted, shown(url),
                "redirects to \(shown(location)); expected http or https")
        }
        guard isSecure || !url.lowercased().hasPrefix("https://") else {
            throw RemoteError(
                .untrusted, shown(url),
                "redirects from https to \(shown(location)), which anybody on the way could "
                    + "change; refused")
        }
        return location
    }

    /// The most addresses that are asked one after the other.
    package static let limit = 10

    /// An address without its secrets: the password before its host, and what follows its path, which
    /// may be a signature.
    package static func shown(_ url: String) -> String {
        let place = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = place.range(of: "://") else { return String(place) }
        let host = place[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return String(place) }
        return String(place[..<scheme.upperBound] + place[place.index(after: at)...])
    }

    /// The scheme, host and port of an address, which tell whether two are the same server.
    package static func server(_ url: String) -> String {
        let shown = shown(url).lowercased()
        guard let scheme = shown.range(of: "://") else { return "" }
        let host = shown[..<scheme.upperBound] + shown[scheme.upperBound...].prefix { $0 != "/" }
        let usual = host.hasPrefix("https") ? ":443" : ":80"
        return String(host.hasSuffix(usual) ? host.dropLast(usual.count) : host)
    }
}
