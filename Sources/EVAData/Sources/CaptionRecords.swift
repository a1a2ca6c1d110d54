import EVATensorFiles

/// The records of a captions file on disk: a JSON array of objects, or JSON lines.
///
/// A record is `{"caption": text, "image": path, ...}`; other keys are passed over. `caption` may be a
/// list of texts, which stands for as many records. The whole file is checked when it is opened, so
/// that a run does not stop at a record a day later; what is kept of a record is where it begins.
struct CaptionRecords: Sendable {
    /// A caption and the picture it belongs to, as the file has them.
    struct Record: Sendable {
        var caption: String
        var image: String
    }

    /// Where a caption stands.
    private struct Place {
        let offset: Int
        /// Which of its object's captions.
        let caption: Int
    }

    private static let listed = 5

    private let file: MappedFile
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
        file = try MappedFile(path: path)
        var places: [Place] = []
        var faults: [String] = []
        var faultCount = 0
        var recordCount = 0

        func checkOne(_ cursor: inout JSONCursor) throws {
            _ = cursor.peek()
            recordCount += 1
            let start = cursor.offset
            let (found, absence) = try Self.read(&cursor)
            guard let problem = absence ?? found.first.flatMap(fault) else {
                places += found.indices.map { Place(offset: start, caption: $0) }
                return
            }
            faultCount += 1
            guard faults.count < Self.listed else { return }
            faults.append("record \(recordCount - 1) (byte \(start)) \(problem)")
        }

        do {
            try file.withUnsafeBytes { text in
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
            return try file.withUnsafeBytes { text in
                var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: text[place.offset...]))
                guard case (let records, nil)? = try? Self.read(&cursor),
                    place.caption < records.count
                else {
                    throw DataError(
                        "\(file.path), byte \(place.offset)", "was changed while it was being read")
                }
                return records[place.caption]
            }
        }
    }

    /// The captions of an object, and what it lacks.
    private static func read(_ cursor: inout JSONCursor) throws -> ([Record], absence: String?) {
        var caption = Field(key: "caption", takesList: true)
        var image = Field(key: "image")
        try cursor.object { cursor, key, _ in
            switch key {
            case "caption": try caption.read(&cursor)
            case "image": try image.read(&cursor)
            default: try cursor.skipValue()
            }
        }
        return (
            caption.texts.map { Record(caption: $0, image: image.texts.first ?? "") },
            caption.problem ?? image.problem
        )
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
