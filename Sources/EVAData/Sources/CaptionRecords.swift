import EVATensorFiles

/// Reads the records of a captions file: a JSON array of objects, or JSON lines.
///
/// A record is `{"caption": text, "image": path, ...}`; other keys are passed over. `caption` may be a
/// list of texts, which stands for as many records. The whole file is
/// checked when it is opened, so that a run does not stop at a record a day later.
enum CaptionRecords {
    /// A caption and the picture it belongs to, as the file has them.
    struct Record: Sendable {
        var caption: String
        var image: String
    }

    private static let listed = 5

    /// Reads every record.
    ///
    /// - Parameters:
    ///   - path: The captions file.
    ///   - fault: What is wrong with a record that has all keys; `nil` when nothing is.
    /// - Throws: `TensorFileError` when the file cannot be read, `DataError` when it is not JSON, or
    ///   when records are faulty: how many, and the first of them.
    static func read(
        path: String, fault: (Record) -> String? = { _ in nil }
    ) throws -> [Record] {
        let file = try MappedFile(path: path)
        var records: [Record] = []
        var faults: [String] = []
        var faultCount = 0
        var recordCount = 0

        func readOne(_ cursor: inout JSONCursor) throws {
            _ = cursor.peek()
            recordCount += 1
            let start = cursor.offset
            var caption = Field(key: "caption", takesList: true)
            var image = Field(key: "image")
            try cursor.object { cursor, key, _ in
                switch key {
                case "caption": try caption.read(&cursor)
                case "image": try image.read(&cursor)
                default: try cursor.skipValue()
                }
            }
            let found = caption.texts.map { Record(caption: $0, image: image.texts.first ?? "") }
            if let problem = caption.problem ?? image.problem ?? found.first.flatMap(fault) {
                faultCount += 1
                guard faults.count < listed else { return }
                faults.append("record \(recordCount - 1) (byte \(start)) \(problem)")
            } else {
                records += found
            }
        }

        do {
            try file.withUnsafeBytes { text in
                var cursor = JSONCursor(text)
                if cursor.peek() == UInt8(ascii: "[") {
                    try cursor.array(readOne)
                } else {
                    while cursor.peek() != nil { try readOne(&cursor) }
                }
                try cursor.expectEnd()
            }
        } catch let error as JSONCursor.Fault {
            throw DataError(
                path,
                "byte \(error.offset), record \(max(0, recordCount - 1)) from 0: "
                    + "\(error.message); expected a JSON array of "
                    + "{\"caption\": text, \"image\": path}, or one such object a line")
        }
        guard faultCount == 0 else {
            let rest = faultCount > faults.count ? " and \(faultCount - faults.count) more" : ""
            throw DataError(
                path,
                "\(faultCount) of \(recordCount) records cannot be used: "
                    + faults.joined(separator: "; ") + rest
                    + " (records counted from 0); repair or remove them")
        }
        return records
    }

    /// A key that a record must have, with what was found.
    private struct Field {
        let key: String
        let takesList: Bool
        var texts: [String] = []
        var problem: String?

        init(key: String, takesList: Bool = false) {
            self.key = key
            self.takesList = takesList
            problem = "has no \"\(key)\""
        }

        mutating func read(_ cursor: inout JSONCursor) throws {
            texts = []
            problem = nil
            if takesList, cursor.peek() == UInt8(ascii: "[") {
                try cursor.array { try readText(&$0) }
                if texts.isEmpty, problem == nil { problem = "has an empty list \"\(key)\"" }
            } else {
                try readText(&cursor)
            }
        }

        private mutating func readText(_ cursor: inout JSONCursor) throws {
            guard cursor.peek() == UInt8(ascii: "\"") else {
                problem = "has a \"\(key)\" that is no string"
                return try cursor.skipValue()
            }
            texts.append(try cursor.string())
        }
    }
}
