/// Where a server sends a request on to, if that can be trusted.
package enum Redirection {
    /// The address that a redirection leads to.
    ///
    /// - Parameters:
    ///   - url: The address that was asked.
    ///   - location: The absolute address that it names; nil for none.
    /// - Throws: `DownloadError` for another scheme than `http` and `https`, and for the step from
    ///   `https` to `http`.
    package static func target(of url: String, location: String?) throws(DownloadError) -> String {
        guard let location else {
            throw DownloadError(.refused, shown(url), "a redirection that leads nowhere")
        }
        let isSecure = location.lowercased().hasPrefix("https://")
        guard isSecure || location.lowercased().hasPrefix("http://") else {
            throw DownloadError(
                .untrusted, shown(url),
                "redirects to \(shown(location)); expected http or https")
        }
        guard isSecure || !url.lowercased().hasPrefix("https://") else {
            throw DownloadError(
                .untrusted, shown(url),
                "redirects from https to \(shown(location)), which anybody on the way could "
                    + "change; refused")
        }
        return location
    }

    /// An address without what follows its path: that may be a signature.
    static func shown(_ url: String) -> String { String(url.prefix { $0 != "?" }.prefix(300)) }
}
