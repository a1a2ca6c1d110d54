/// Paths of pictures as lists of pictures write them: absolute, or relative to a folder.
enum PicturePath {
    /// What is wrong with a path; `nil` when nothing is.
    ///
    /// A relative path must stay in its folder: a list that somebody else made shall not lead to
    /// files that have nothing to do with it.
    static func fault(of path: String) -> String? {
        if path.isEmpty { return "is empty" }
        if path.utf8.contains(0) { return "has a zero byte" }
        guard !path.hasPrefix("/") else { return nil }
        var depth = 0
        for part in path.utf8.split(separator: UInt8(ascii: "/"))
        where !part.elementsEqual(".".utf8) {
            depth += part.elementsEqual("..".utf8) ? -1 : 1
            guard depth >= 0 else { return "leaves its folder by '..': '\(path)'" }
        }
        return nil
    }

    /// The path from a folder, unless it is absolute.
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : folder + "/" + path
    }

    /// The folder that a file lies in.
    static func folder(of file: String) -> String {
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}
