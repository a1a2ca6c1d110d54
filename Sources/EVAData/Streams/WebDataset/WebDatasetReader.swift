internal import EVAImaging
internal import EVATensorFiles

/// The samples of a WebDataset shard: members of a tar archive, packed or not, that follow each
/// other and differ only in what comes after the first dot of their names.
///
/// A sample is a picture (`jpg`, `png`, `jpeg`, `webp` or any other ending of a picture, the first
/// of a sample's in this order) with a `txt`, or with a `json` that has a
/// "caption" or "text". A group without either is no sample and is passed over.
final class WebDatasetReader: ShardReader {
    // Those that the data sets of the field have, then those of all other pictures.
    private static let pictureEndings =
        usualEndings + ImageDecoder.fileExtensions.subtracting(usualEndings).sorted()
    private static let usualEndings = ["jpg", "png", "jpeg", "webp"]
    private static let textEndings = ["txt", "json"]

    private let archive: TarReader
    // The first member of the group to come, whose content was not read yet.
    private var waiting: Member?
    // What keeps the rest of the archive from being read.
    private var fault: DataError?

    private struct Member {
        var key: String
        var ending: String
        var size: Int
    }

    init(path: String) throws(DataError) {
        archive = try TarReader(path: path)
    }

    func next() throws(DataError) -> ShardRecord? {
        while let group = try nextGroup(reads: true) {
            if let record = Self.record(of: group) { return record }
        }
        return nil
    }

    func skip(_ count: Int) throws(DataError) {
        for _ in 0..<count {
            while let group = try nextGroup(reads: false), Self.record(of: group) == nil {}
        }
    }

    // MARK: Groups

    private struct Group {
        var endings: [String] = []
        // Of endings that are used; `nil` for content that is too long, or not read.
        var contents: [String: [UInt8]?] = [:]

        var isSample: Bool {
            first(of: WebDatasetReader.pictureEndings) != nil
                && first(of: WebDatasetReader.textEndings) != nil
        }

        func first(of wanted: [String]) -> (ending: String, content: [UInt8]?)? {
            for ending in wanted {
                if let content = contents[ending] { return (ending, content) }
            }
            return nil
        }
    }

    private func nextGroup(reads: Bool) throws(DataError) -> Group? {
        var group = Group()
        var key: String?
        while true {
            do {
                if waiting == nil { waiting = try nextMember() }
            } catch {
                // A sample before the fault is whole; the fault shows when more is asked for.
                guard fault == nil, group.isSample else { throw error }
                fault = error
                return group
            }
            guard let member = waiting, key == nil || key == member.key else {
                return key.map { _ in group }
            }
            waiting = nil
            key = member.key
            try add(member, to: &group, reads: reads)
        }
    }

    private func nextMember() throws(DataError) -> Member? {
        if let fault { throw fault }
        while let member = try archive.next() {
            guard member.kind == .file else { continue }
            let name = member.name.split(separator: "/").last ?? ""
            // Hidden files, and files of metadata that begin with two underscores, are no samples.
            guard !name.hasPrefix("."), !name.hasPrefix("__"),
                let dot = name.firstIndex(of: ".")
            else { continue }
            let ending = name[name.index(after: dot)...]
            let key = member.name.utf8.count - ending.utf8.count
            return Member(
                key: String(decoding: member.name.utf8.prefix(key), as: UTF8.self),
                ending: ending.lowercased(), size: member.size)
        }
        return nil
    }

    private func add(_ member: Member, to group: inout Group, reads: Bool) throws(DataError) {
        group.endings.append(member.ending)
        guard (Self.pictureEndings + Self.textEndings).contains(member.ending),
            group.contents[member.ending] == nil
        else { return }
        let isRead = reads && member.size <= ShardFormat.longestRecord
        group.contents[member.ending] = .some(
            isRead ? try archive.read(upTo: member.size) : nil)
    }

    // MARK: Samples

    private static func record(of group: Group) -> ShardRecord? {
        let picture = group.first(of: pictureEndings)
        let text = group.first(of: textEndings)
        guard picture != nil || text != nil else { return nil }
        guard let picture, let text else {
            let wanted = picture == nil ? usualEndings : textEndings
            return ShardRecord(byteCount: 0) { name in
                throw DataError(
                    name,
                    "expected a member .\(wanted.joined(separator: ", .")), got "
                        + group.endings.map { "." + $0 }.joined(separator: ", "))
            }
        }
        guard let pixels = picture.content, let caption = text.content else {
            return ShardRecord(byteCount: 0) { name in
                throw DataError(
                    name,
                    "a member of more than the \(ShardFormat.longestRecord) bytes that are read")
            }
        }
        return ShardRecord(byteCount: pixels.count + caption.count) { name in
            try StreamedPicture.sample(
                pixels,
                caption: text.ending == "txt"
                    ? plainText(caption, name: name) : textOfJSON(caption, name: name),
                name: name)
        }
    }

    private static func plainText(_ bytes: [UInt8], name: String) throws(DataError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DataError(name, ".txt: is not UTF-8 text")
        }
        return text
    }

    private static func textOfJSON(_ bytes: [UInt8], name: String) throws -> String {
        var texts: [String: String] = [:]
        do {
            try bytes.withUnsafeBytes { bytes in
                var cursor = JSONCursor(bytes)
                try cursor.object { cursor, key, _ in
                    guard key == "caption" || key == "text",
                        cursor.peek() == UInt8(ascii: "\"")
                    else { return try cursor.skipValue() }
                    texts[key] = try cursor.string()
                }
                try cursor.expectEnd()
            }
        } catch let fault as JSONCursor.Fault {
            throw DataError(name, ".json, byte \(fault.offset): \(fault.message)")
        }
        guard let text = texts["caption"] ?? texts["text"] else {
            throw DataError(name, ".json: expected a \"caption\" or a \"text\"")
        }
        return text
    }
}
