/// What tells one version of a file on a server from another.
struct FileVersion {
    private var etag: String?
    private var lastModified: String?

    /// Of a file of which nothing is known.
    init() {}

    init(_ head: HTTPHead) {
        etag = head["etag"]
        lastModified = head["last-modified"]
    }

    /// What a request may name so that a part is sent only of the same version: never an entity tag
    /// that the server calls weak.
    var validator: String? {
        if let etag, !etag.hasPrefix("W/") { return etag }
        return lastModified
    }

    /// What differs, in words; nil where nothing is known to.
    func difference(to other: FileVersion) -> String? {
        if let etag, let found = other.etag {
            // Weak and strong tags of the same text are of the same content.
            return Self.text(etag) == Self.text(found)
                ? nil : "its ETag was \(etag) and is \(found)"
        }
        if let lastModified, let found = other.lastModified, lastModified != found {
            return "it was last modified on \(lastModified) and now on \(found)"
        }
        return nil
    }

    /// What is known together with what another answer says.
    func completed(by other: FileVersion) -> FileVersion {
        var version = self
        version.etag = etag ?? other.etag
        version.lastModified = lastModified ?? other.lastModified
        return version
    }

    private static func text(_ etag: String) -> Substring {
        etag.hasPrefix("W/") ? etag.dropFirst(2) : etag[...]
    }
}
