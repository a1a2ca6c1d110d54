import EVATensorFiles

/// The rows of a table in a text file: RFC 4180, with any separator.
///
/// A field in double quotes may hold separators and line breaks, and a quote written twice. Rows end in
/// LF, CRLF or CR; empty lines are passed over; a byte order mark is no part of the first field. The
/// file stays on disk: what is kept of a row is where it begins.
struct DelimitedRows: Sendable {
    // Read by calls, not mapped: rows are read as long as a run lasts.
    private let file: PositionalFile
    private let separator: UInt8
    private let offsets: [Int]
    // The line in which every so many-th row begins.
    private let lines: [Int]
    private static let rowsPerLine = 16
    /// The fields of the first row.
    let header: [String]

    /// Rows below the header.
    var count: Int { offsets.count }

    private static let quote = UInt8(ascii: "\"")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Finds the rows of a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - separator: What stands between fields; `nil` for what the name and the first line say.
    /// - Throws: `TensorFileError` when the file cannot be read, `DataError` when it is empty, is not
    ///   UTF-8, or a quote is never closed.
    init(path: String, separator: UInt8? = nil) throws {
        let mapped = try MappedFile(path: path)
        file = try PositionalFile(path: path)
        let (chosen, header, offsets, lines) = try mapped.withUnsafeBytes { text in
            let start = try Self.textStart(text, path: path)
            let chosen = separator ?? Self.separator(of: text[start...], path: path)
            var scanner = Scanner(text: text, separator: chosen, position: start)
            guard scanner.skipEmptyLines() else {
                throw DataError(path, "is empty; expected a header and a row a line")
            }
            let headerStart = scanner.position
            try scanner.skipRow(path)
            var offsets: [Int] = []
            var lines: [Int] = []
            var (line, counted) = (1, 0)
            while scanner.skipEmptyLines() {
                if offsets.count % Self.rowsPerLine == 0 {
                    line += Scanner.lineEnds(in: counted..<scanner.position, of: text)
                    counted = scanner.position
                    lines.append(line)
                }
                offsets.append(scanner.position)
                try scanner.skipRow(path)
            }
            var reader = Scanner(text: text, separator: chosen, position: headerStart)
            return (
                chosen, try reader.row().map { try Self.text($0, path: path, line: 1) }, offsets,
                lines
            )
        }
        self.separator = chosen
        self.header = header
        self.offsets = offsets
        self.lines = lines
    }

    /// Some fields of one row.
    ///
    /// - Parameters:
    ///   - index: A row in `0 ..< count`.
    ///   - columns: The fields wanted.
    /// - Throws: `DataError` with the row's line when the row has not as many fields as the header, or
    ///   a field wanted is not UTF-8.
    func fields(_ columns: [Int], ofRow index: Int) throws -> [String] {
        try bytes(ofRows: index..<index + 1).withUnsafeBytes { text in
            var scanner = Scanner(text: text, separator: separator, position: 0)
            let row = try scanner.row()
            guard row.count == header.count else {
                throw DataError(
                    "\(file.path), line \(try line(ofRow: index))",
                    "expected \(header.count) fields as in the header, got \(row.count)"
                        + (scanner.hasStrayQuote
                            ? "; a quote inside of quotes is written twice" : ""))
            }
            return try columns.map {
                try Self.text(row[$0], path: file.path, line: line(ofRow: index))
            }
        }
    }

    /// The line, from 1, in which a row begins.
    ///
    /// - Throws: `DataError` when the file cannot be read any more.
    func line(ofRow index: Int) throws -> Int {
        let mark = index / Self.rowsPerLine
        return try bytes(ofRows: mark * Self.rowsPerLine..<index).withUnsafeBytes {
            lines[mark] + Scanner.lineEnds(in: 0..<$0.count, of: $0)
        }
    }

    /// The text from the beginning of a row to that of another.
    private func bytes(ofRows rows: Range<Int>) throws(DataError) -> [UInt8] {
        let end = rows.upperBound < offsets.count ? offsets[rows.upperBound] : file.size
        return try file.bytes(offsets[rows.lowerBound]..<end)
    }

    private static func text(
        _ field: [UInt8], path: String, line: @autoclosure () throws -> Int
    ) throws -> String {
        guard let text = String(validating: field, as: UTF8.self) else {
            throw DataError(
                "\(path), line \(try line())", "is not UTF-8 text; save the file as UTF-8")
        }
        return text
    }

    /// Where the text begins.
    private static func textStart(
        _ text: UnsafeRawBufferPointer, path: String
    ) throws(DataError) -> Int {
        if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
            throw DataError(path, "is UTF-16 text; save it as UTF-8")
        }
        return text.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    }

    /// A tab in `.tsv`; else a tab where the first line has one, as open_clip writes its tables.
    private static func separator(of text: Slice<UnsafeRawBufferPointer>, path: String) -> UInt8 {
        let tab = UInt8(ascii: "\t")
        if path.lowercased().hasSuffix(".tsv") { return tab }
        let firstLine = text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return firstLine.contains(tab) ? tab : UInt8(ascii: ",")
    }

    /// Walks over the text byte by byte.
    private struct Scanner {
        let text: UnsafeRawBufferPointer
        let separator: UInt8
        var position: Int
        /// Whether something other than a separator followed a closing quote.
        var hasStrayQuote = false

        private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

        /// Moves to the next row; false at the end of the text.
        mutating func skipEmptyLines() -> Bool {
            while position < text.count, Self.isLineEnd(text[position]) { position += 1 }
            return position < text.count
        }

        /// Moves behind a row.
        mutating func skipRow(_ path: String) throws(DataError) {
            var isFieldStart = true
            while position < text.count {
                let byte = text[position]
                if byte == DelimitedRows.quote, isFieldStart {
                    let start = position
                    guard skipQuoted() else {
                        throw DataError(
                            "\(path), line \(1 + Self.lineEnds(in: 0..<start, of: text))",
                            "a field begins with a quote that is never closed; close it, or write "
                                + "the whole field in quotes with each quote twice")
                    }
                    isFieldStart = false
                } else {
                    if Self.isLineEnd(byte) { return }
                    isFieldStart = byte == separator
                    position += 1
                }
            }
        }

        /// Moves behind the closing quote; false where there is none.
        private mutating func skipQuoted() -> Bool {
            position += 1
            while position < text.count {
                guard text[position] == DelimitedRows.quote else {
                    position += 1
                    continue
                }
                guard position + 1 < text.count, text[position + 1] == DelimitedRows.quote else {
                    position += 1
                    return true
                }
                position += 2
            }
            return false
        }

        /// The fields of the row that begins here.
        mutating func row() throws -> [[UInt8]] {
            var fields: [[UInt8]] = [[]]
            var isFieldStart = true
            while position < text.count {
                let byte = text[position]
                if byte == DelimitedRows.quote, isFieldStart {
                    let start = position + 1
                    guard skipQuoted() else { break }
                    fields[fields.count - 1] = Self.unquoted(text[start..<position - 1])
                    isFieldStart = false
                    let next = position < text.count ? text[position] : 0x0A
                    if next != separator, !Self.isLineEnd(next) { hasStrayQuote = true }
                    continue
                }
                if Self.isLineEnd(byte) { break }
                if byte == separator {
                    fields.append([])
                } else {
                    fields[fields.count - 1].append(byte)
                }
                isFieldStart = byte == separator
                position += 1
            }
            return fields
        }

        /// A quoted field's content, of two quotes one.
        private static func unquoted(_ content: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
            guard content.contains(DelimitedRows.quote) else { return Array(content) }
            var bytes: [UInt8] = []
            var isSecond = false
            for byte in content {
                isSecond = byte == DelimitedRows.quote && !isSecond
                if !isSecond { bytes.append(byte) }
            }
            return bytes
        }

        /// How many lines end in a part of the text.
        static func lineEnds(in range: Range<Int>, of text: UnsafeRawBufferPointer) -> Int {
            var count = 0
            for index in range {
                let isCR =
                    text[index] == 0x0D && (index + 1 == text.count || text[index + 1] != 0x0A)
                if text[index] == 0x0A || isCR { count += 1 }
            }
            return count
        }
    }
}
