internal import EVATensorFiles
internal import Foundation

/// A line of a LAION part file: columns divided by tabs, of which two are used.
///
/// Column 2, counted from 0, is a JSON object with the caption, column 5 the picture in base64. Text
/// is UTF-8, or else GB18030.
enum LAIONLine {
    private static let captionColumn = 2
    private static let pictureColumn = 5
    private static let smallestSide = 5

    /// Reads a line and decodes its picture.
    ///
    /// - Throws: `DataError` or `ImageError` with what is wrong with the line.
    static func sample(of line: [UInt8], name: String) throws -> Sample {
        let columns = line.split(
            separator: UInt8(ascii: "\t"), maxSplits: pictureColumn + 1,
            omittingEmptySubsequences: false)
        guard columns.count > pictureColumn else {
            throw DataError(
                name,
                line.allSatisfy { $0 <= UInt8(ascii: " ") }
                    ? "an empty line"
                    : "\(columns.count) columns; expected at least \(pictureColumn + 1), "
                        + "divided by tabs")
        }
        // One column that is no UTF-8 tells how the whole line is written.
        let isUTF8 = columns[..<pictureColumn].allSatisfy {
            String(validating: $0, as: UTF8.self) != nil
        }
        var caption = Array(columns[captionColumn])
        if !isUTF8 {
            guard let converted = GB18030.utf8(caption) else {
                throw DataError(name, "neither UTF-8 nor GB18030 text")
            }
            caption = converted
        }
        let text = try Self.caption(caption, name: name)
        guard let picture = Self.picture(columns[pictureColumn]) else {
            throw DataError(name, "column \(pictureColumn): expected a picture in base64")
        }
        return try StreamedPicture.sample(
            picture, caption: text, name: name, smallestSide: smallestSide)
    }

    /// The English caption, else the one that BLIP wrote, else none.
    private static func caption(_ json: [UInt8], name: String) throws -> String {
        var captions: [String: String] = [:]
        do {
            try json.withUnsafeBytes { bytes in
                var cursor = JSONCursor(bytes)
                try cursor.object { cursor, key, _ in
                    guard key == "caption_en" || key == "blip_caption_en",
                        cursor.peek() == UInt8(ascii: "\"")
                    else { return try cursor.skipValue() }
                    captions[key] = try cursor.string()
                }
                try cursor.expectEnd()
            }
        } catch let fault as JSONCursor.Fault {
            throw DataError(
                name,
                "column \(captionColumn), byte \(fault.offset): \(fault.message); expected a JSON "
                    + "object")
        }
        return captions["caption_en"] ?? captions["blip_caption_en"] ?? ""
    }

    private static func picture(_ base64: ArraySlice<UInt8>) -> [UInt8]? {
        var end = base64.endIndex
        while end > base64.startIndex, base64[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        guard end > base64.startIndex else { return nil }
        return Data(base64Encoded: Data(base64[..<end])).map(Array.init)
    }
}
