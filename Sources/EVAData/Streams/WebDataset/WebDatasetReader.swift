internal import EVAImaging
internal import EVATensorFiles

/// The samples of a WebDataset shard: neighbouring members of a tar archive that share what comes
/// before the first dot of their names.
///
/// A sample is a picture (`jpg`, `png`, `jpeg`, `webp` or any other ending of a picture, the first of
/// a sample's in this order) with a `txt`, or with a `json` that has a "caption" or "text". A group
/// that has only one of the two is passed over and counted; one that has neither is none. Where an
/// ending comes again under the same name another sample begins, as in open_clip: two samples that
/// were given one name stay two.
final class WebDatasetReader: ShardReader {
    // Those that the data sets of the field have, then those of all other pictures.
    private static let pictureEndings =
        usualEndings + ImageDecoder.fileExtensions.subtracting(usualEndings).sorted()
    private static let usualEndings = ["jpg", "png", "jpeg", "webp"]
    private static let textEndings = ["txt", "json"]
    private static let usedEndings = Set(pictureEndings + textEndings)

    private let archive: TarReader
    // The first member of the group to come, whose content was not read yet.
    private var waiting: Member?
    // What keeps the rest of the archive from being read.
    private var fault: DataError?
    // The name of the group before.
    private var lastKey: [UInt8]?

    private struct Member {
        // Bytes, since names that are no UTF-8 are different names.
        var key: [UInt8]
        var ending: String
        var size: Int
        var isSparse: Bool
    }

    init(_ file: SequentialFile) { archive = TarReader(file) }

    func next() throws(DataError) -> ShardRecord? {
        while let group = try nextGroup(reads: true) {
            if let record = Self.record(of: group) { return record }
        }
        return nil
    }

    func skip(_ count: Int) throws(DataError) -> Int {
        var done = 0
        while done < count, let group = try nextGroup(reads: false) {
            if group.isRecord { done += 1 }
        }
        return done
    }

    // MARK: Groups

    private enum Content {
        case bytes([UInt8])
        case tooLong
        case sparse
        case notRead
    }

    private struct Group {
        var key: [UInt8] = []
        var repeatsKey = false
        var endings: Set<String> = []
        // Of endings that are used.
        var contents: [String: Content] = [:]

        /// Whether it has a picture or a caption.
        var isRecord: Bool { !contents.isEmpty }

        var isSample: Bool {
            first(of: WebDatasetReader.pictureEndings) != nil
                && first(of: WebDatasetReader.textEndings) != nil
        }

        func first(of wanted: [String]) -> (ending: String, content: Content)? {
            for ending in wanted {
                if let content = contents[ending] { return (ending, content) }
            }
            return nil
        }
    }

    private func nextGroup(reads: Bool) throws(DataError) -> Group? {
        var group: Group?
        while true {
            do {
                if waiting == nil { waiting = try nextMember() }
            } catch {
                // A sample before the fault is whole; the fault shows when more is asked for.
                guard fault == nil, let group, group.isSample else { throw error }
                fault = error
                return group
            }
            guard let member = waiting else { return group }
            var open = group ?? Group(key: member.key, repeatsKey: member.key == lastKey)
            guard open.key == member.key, !open.endings.contains(member.ending) else {
                return group
            }
            waiting = nil
            lastKey = open.key
            try add(member, to: &open, reads: reads)
            group = open
        }
    }

    private func nextMember() throws(DataError) -> Member? {
        if let fault { throw fault }
        while let member = try archive.next() {
            guard member.kind == .file || member.kind == .sparseFile else { continue }
            let slash = member.rawName.lastIndex(of: UInt8(ascii: "/"))
            let name = member.rawName[(slash.map { $0 + 1 } ?? 0)...]
            // Hidden files, and files of metadata that begin with two underscores, are no samples.
            guard !name.starts(with: ".".utf8), !name.starts(with: "__".utf8),
                let dot = name.firstIndex(of: UInt8(ascii: "."))
            else { continue }
            return Member(
                key: Array(member.rawName[...dot]),
                ending: String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased(),
                size: member.size, isSparse: member.kind == .sparseFile)
        }
        return nil
    }

    private func add(_ member: Member, to group: inout Group, reads: Bool) throws(DataError) {
        group.endings.insert(member.ending)
        guard Self.usedEndings.contains(member.ending) else { return }
        group.contents[member.ending] = reads ? try content(of: member) : .notRead
    }

    private func content(of member: Member) throws(DataError) -> Content {
        if member.isSparse { return .sparse }
        guard member.size <= ShardFormat.longestRecord else { return .tooLong }
        return .bytes(try archive.read(upTo: member.size))
    }

    // MARK: Samples

    private static func record(of group: Group) -> ShardRecord? {
        guard group.isRecord else { return nil }
        // The key ends with the dot that divides it from the endings.
        let key = String(decoding: group.key.dropLast(), as: UTF8.self)
        func record(_ byteCount: Int, _ sample: @escaping @Sendable (String) throws -> Sample)
            -> ShardRecord
        {
            ShardRecord(
                byteCount: byteCount, key: key, repeatsKey: group.repeatsKey, sample: sample)
        }
        guard let picture = group.first(of: pictureEndings),
            let text = group.first(of: textEndings)
        else {
            let lacksPicture = group.first(of: pictureEndings) == nil
            let wanted = lacksPicture ? usualEndings : textEndings
            let endings = group.endings.sorted()
            return record(0) { name in
                throw UnusableRecord.incomplete(
                    reason:
                        "\(name): no \(lacksPicture ? "picture" : "caption"): expected a member "
                        + ".\(wanted.joined(separator: ", .")), got "
                        + endings.prefix(8).map { "." + $0 }.joined(separator: ", "))
            }
        }
        guard case .bytes(let pixels) = picture.content, case .bytes(let caption) = text.content
        else {
            let isSparse = [picture.content, text.content].contains {
                if case .sparse = $0 { true } else { false }
            }
            return record(0) { name in
                throw DataError(
                    name,
                    isSparse
                        ? "a member without its holes (tar --sparse), which is not read; pack the "
                            + "shard without that option"
                        : "a member of more than the \(ShardFormat.longestRecord) bytes that are "
                            + "read")
            }
        }
        return record(pixels.count + caption.count) { name in
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
            throw UnusableRecord.incomplete(
                reason:
                    "\(name): no caption: expected a .txt, or a \"caption\" or \"text\" in .json")
        }
        return text
    }
}
