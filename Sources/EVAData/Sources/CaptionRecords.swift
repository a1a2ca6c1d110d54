import EVATensorFiles

/// The records of a captions file on disk: a JSON array of objects, or JSON lines.
///
/// A record is `{"caption": text, "image": path, ...}`; other keys are passed over. `caption` may be a
/// list of texts, which stands for as many records. The whole file is checked when it is opened, so
/// that a run does not stop at a record a day later; what is kept of a record is where its two texts
/// begin.
struct CaptionRecords: Sendable {
    /// A caption and the picture it belongs to, as the file has them.
    struct Record: Sendable {
        var caption: String
        var image: String
    }

    /// Where the two texts of a record begin, so that none that stands before has to be read again.
    private struct Place {
        let caption: Int
        let image: Int
    }

    private static let listed = 5
    // How much is read of a text at first.
    private static let usualLength = 1024

    // Read by calls, not mapped: records are read as long as a run lasts.
    private let file: PositionalFile
    private let places: [Place]

    /// How many captions there are.
    var count: Int { places.count }

    /// Checks every record.
    ///
    /// - Parameters:
    ///   - path: The captions file.
    ///   - fault: What is wrong with a record that has all keys; `nil` when nothing is.
    /// - Throws: `TensorFileError` when the file cannot be read, `DataError` when it is not JSON, or
    ///   when records are faulty: how many, and the first of them.
    init(path: String, fault: (Record) -> String? = { _ in nil }) throws {
        let mapped = try MappedFile(path: path)
        file = try PositionalFile(path: path)
        var places: [Place] = []
        var faults: [String] = []
        var faultCount = 0
        var recordCount = 0

        func checkOne(_ cursor: inout JSONCursor) throws {
            _ = cursor.peek()
            recordCount += 1
            let start = cursor.offset
            let found = try Self.read(&cursor)
            guard let problem = found.absence ?? found.record.flatMap(fault) else {
                places += found.places
                return
            }
            faultCount += 1
            guard faults.count < Self.listed else { return }
            faults.append("record \(recordCount - 1) (byte \(start)) \(problem)")
        }

        do {
            try mapped.withUnsafeBytes { text in
                var cursor = JSONCursor(text)
                if cursor.peek() == UInt8(ascii: "[") {
                    try cursor.array(checkOne)
                } else {
                    while cursor.peek() != nil { try checkOne(&cursor) }
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
        self.places = places
    }

    /// One caption with its picture.
    ///
    /// - Throws: `DataError` when the file is no longer what it was.
    subscript(index: Int) -> Record {
        get throws {
            let place = places[index]
            return Record(caption: try text(at: place.caption), image: try text(at: place.image))
        }
    }

    /// The string that begins at a byte.
    private func text(at offset: Int) throws(DataError) -> String {
        var length = Self.usualLength
        while true {
            let end = min(file.size, offset + length)
            let found = try file.bytes(min(offset, end)..<end).withUnsafeBytes { text in
                var cursor = JSONCursor(text)
                return try? cursor.string()
            }
            if let found { return found }
            guard end < file.size else {
                throw DataError(
                    "\(file.path), byte \(offset)", "was changed while it was being read")
            }
            length *= 8
        }
    }

    /// What was found of an object.
    private struct Found {
        var places: [Place]
        /// The first caption with the picture.
        var record: Record?
        /// What it lacks.
        var absence: String?
    }

    private static func read(_ cursor: inout JSONCursor) throws -> Found {
        var caption = Field(key: "caption", takesList: true)
        var image = Field(key: "image")
        try cursor.object { cursor, key, _ in
            switch key {
            case "caption": try caption.read(&cursor)
            case "image": try image.read(&cursor)
            default: try cursor.skipValue()
            }
        }
        guard let text = caption.first, let path = image.first else {
            return Found(places: [], absence: caption.problem ?? image.problem)
        }
        return Found(
            places: caption.offsets.map { Place(caption: $0, image: path.offset) },
            record: Record(caption: text.text, image: path.text),
            absence: caption.problem ?? image.problem)
    }

    /// A key that a record must have, with what was found.
    private struct Field {
        let key: String
        let takesList: Bool
        var first: (text: String, offset: Int)?
        var offsets: [Int] = []
        var problem: String?

        init(key: String, takesList: Bool = false) {
            self.key = key
            self.takesList = takesList
            problem = "has no \"\(key)\""
        }

        mutating func read(_ cursor: inout JSONCursor) throws {
            first = nil
            offsets = []
            problem = nil
            if takesList, cursor.peek() == UInt8(ascii: "[") {
                try cursor.array { try readText(&$0) }
                if offsets.isEmpty, problem == nil { problem = "has an empty list \"\(key)\"" }
            } else {
                try readText(&cursor)
            }
        }

        private mutating func readText(_ cursor: inout JSONCursor) throws {
            guard cursor.peek() == UInt8(ascii: "\"") else {
                problem = "has a \"\(key)\" that is no string"
                return try cursor.skipValue()
            }
            let offset = cursor.offset
            let text = try cursor.string()
            first = first ?? (text, offset)
            offsets.append(offset)
        }
    }
}
