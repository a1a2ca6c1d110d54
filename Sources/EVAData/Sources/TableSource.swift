/// Captioned pictures in a table: a CSV or TSV file with a header, as open_clip's.
///
/// Paths of pictures are absolute, or relative to a folder that they must stay in. A row that cannot
/// be used is a sample that cannot be read; the others remain.
public struct TableSource: SampleSource {
    /// The table's file.
    public let name: String
    private let rows: DelimitedRows
    private let folder: String
    private let pictureColumn: Int
    private let captionColumn: Int

    /// The number of rows.
    public var count: Int { rows.count }

    /// The number of rows.
    public var summary: String { "\(name): \(count) rows" }

    /// Whether a path is spelt like a table's.
    ///
    /// - Parameter path: A path, existing or not.
    /// - Returns: Whether it ends in `.csv` or `.tsv`, in any case.
    public static func accepts(_ path: String) -> Bool {
        let name = path.lowercased()
        return name.hasSuffix(".csv") || name.hasSuffix(".tsv")
    }

    /// Opens a table.
    ///
    /// - Parameters:
    ///   - path: A CSV or TSV file whose first line names the columns.
    ///   - folder: The folder that relative paths start from; `nil` for that of the file.
    ///   - pictureColumn: The name of the column that names the pictures.
    ///   - captionColumn: The name of the column that holds the captions.
    ///   - separator: What stands between columns; `nil` for a tab in `.tsv`, and in `.csv` a comma,
    ///     or a tab if the first line has one.
    /// - Throws: `TensorFileError` when the file cannot be read, `DataError` when it is no such table.
    public init(
        path: String, folder: String? = nil, pictureColumn: String = "filepath",
        captionColumn: String = "title", separator: UInt8? = nil
    ) throws {
        rows = try DelimitedRows(path: path, separator: separator)
        name = path
        self.folder = folder ?? PicturePath.folder(of: path)
        self.pictureColumn = try Self.column(pictureColumn, "--csv_img_key", of: rows, path)
        self.captionColumn = try Self.column(captionColumn, "--csv_caption_key", of: rows, path)
    }

    /// One caption with its picture.
    ///
    /// - Parameter index: A row in `0 ..< count`.
    /// - Returns: The path of the picture and the raw caption.
    /// - Throws: `DataError` with the line of a row that has another number of fields than the
    ///   header, that is not UTF-8, or whose path cannot be used.
    public func sample(at index: Int) throws -> Sample {
        let fields = try rows.fields([pictureColumn, captionColumn], ofRow: index)
        if let fault = PicturePath.fault(of: fields[0]) {
            throw DataError(
                "\(name), line \(try rows.line(ofRow: index))",
                "the \(rows.header[pictureColumn]) \(fault)")
        }
        return Sample(
            picture: .file(PicturePath.resolve(fields[0], in: folder)), text: .caption(fields[1]))
    }

    private static func column(
        _ name: String, _ flag: String, of rows: DelimitedRows, _ path: String
    ) throws(DataError) -> Int {
        let places = rows.header.indices.filter { rows.header[$0] == name }
        guard let place = places.first, places.count == 1 else {
            let columns = rows.header.prefix(12).map { "'\($0)'" }.joined(separator: ", ")
            throw DataError(
                path,
                (places.isEmpty ? "has no column '\(name)'" : "has several columns '\(name)'")
                    + "; its first line names \(columns); name the right one by \(flag), and the "
                    + "separator by --csv_separator")
        }
        return place
    }
}
