/// Captioned pictures in the form of COCO's Karpathy split, COCO itself or data of one's own.
///
/// The root holds `images/` and `annotations/coco_karpathy_{train,val,test}.json`. Paths in the JSON
/// are relative to `images/`. A relative path must stay inside it; an absolute path is taken as it is
/// written, and the summary says how many there are. The file stays on disk: a caption costs sixteen
/// bytes of memory.
public struct COCOKarpathySource: SampleSource {
    /// The parts of the data set.
    public enum Split: String, Sendable, CaseIterable {
        /// For training.
        case train
        /// For choosing settings.
        case validation = "val"
        /// For the final figure.
        case test
    }

    /// The captions file.
    public let name: String
    /// The number of records and of pictures outside the folder.
    public let summary: String
    private let imagesFolder: String
    private let records: CaptionRecords

    /// The number of captions.
    public var count: Int { records.count }

    /// Opens a split below a root folder.
    ///
    /// - Parameters:
    ///   - root: The folder that holds `images/` and `annotations/`.
    ///   - split: The part to read.
    /// - Throws: `DataError` or `TensorFileError` when a folder or the file is missing, when the file
    ///   is not JSON, or when records lack a caption or a picture.
    public init(root: String, split: Split) throws {
        try self.init(
            captions: root + "/annotations/coco_karpathy_\(split.rawValue).json",
            imagesFolder: root + "/images")
    }

    /// Opens a captions file of the same form.
    ///
    /// - Parameters:
    ///   - captions: A JSON array of `{"caption", "image"}`, or JSON lines.
    ///   - imagesFolder: The folder that relative paths start from; `nil` for that of the file.
    /// - Throws: As `init(root:split:)`.
    public init(captions: String, imagesFolder: String? = nil) throws {
        let imagesFolder = imagesFolder ?? PicturePath.folder(of: captions)
        guard FolderReader.isFolder(imagesFolder) else {
            throw DataError(
                imagesFolder,
                "no such folder; expected the pictures here, beside the folder annotations/; "
                    + "give the folder that holds both as --data_root")
        }
        var absolute = 0
        records = try CaptionRecords(path: captions) { record in
            absolute += record.image.hasPrefix("/") ? 1 : 0
            return PicturePath.fault(of: record.image).map { "has an \"image\" that \($0)" }
        }
        name = captions
        self.imagesFolder = imagesFolder
        summary =
            "\(captions): \(records.count) captions"
            + (absolute > 0 ? ", \(absolute) of pictures named by absolute path" : "")
    }

    /// The root that is used when none is given: `$PPMIX_HOME`, else `~/.paddlemix`, then
    /// `datasets/coco`.
    ///
    /// - Parameter environment: The environment variables.
    /// - Returns: A path, existing or not.
    public static func defaultRoot(environment: [String: String]) -> String {
        let home = environment["PPMIX_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? (environment["HOME"] ?? "") + "/.paddlemix") + "/datasets/coco"
    }

    /// One caption with its picture.
    ///
    /// - Parameter index: A record in `0 ..< count`.
    /// - Returns: The path of the picture and the raw caption.
    /// - Throws: `DataError` when the file has been changed since it was opened.
    public func sample(at index: Int) throws -> Sample {
        let record = try records[index]
        return Sample(
            picture: .file(PicturePath.resolve(record.image, in: imagesFolder)),
            text: .caption(record.caption))
    }
}
