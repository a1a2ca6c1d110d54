/// Pictures and the texts that belong to them: each picture once, with all of its texts.
public struct RetrievalSet: Sendable {
    /// The pictures, in the order in which they first occur.
    public let images: any SampleSource
    /// The texts, in the order of the pairs.
    public let captions: [String]
    /// The picture that each text belongs to.
    public let imageOfCaption: [Int]

    /// Opens captioned pictures.
    ///
    /// - Parameters:
    ///   - path: The folder that holds `images/` and `annotations/`, a file of captions of the same
    ///     form, or a table (`.csv`, `.tsv`). Paths in a file of captions start from `images/` beside
    ///     it or beside its folder, or else from its folder; those in a table from its folder.
    ///   - split: The part of a folder.
    /// - Throws: `DataError` or `TensorFileError` when something is missing or faulty.
    public init(path: String, split: COCOKarpathySource.Split) throws {
        if FolderReader.isFolder(path) {
            try self.init(pairs: COCOKarpathySource(root: path, split: split))
        } else if TableSource.accepts(path) {
            try self.init(pairs: TableSource(path: path))
        } else {
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            let places = [folder + "/images", folder + "/../images", folder]
            try self.init(
                pairs: COCOKarpathySource(
                    captions: path,
                    imagesFolder: places.first(where: FolderReader.isFolder) ?? folder))
        }
    }

    /// Puts pairs together whose pictures are one file.
    ///
    /// - Parameter pairs: Pictures with a caption each.
    /// - Throws: `DataError` when a sample has no caption, or what keeps a sample from being read.
    public init(pairs: any SampleSource) throws {
        var firstPairs: [Int] = []
        var imageOfPath: [String: Int] = [:]
        var captions: [String] = []
        var imageOfCaption: [Int] = []
        for index in 0..<pairs.count {
            let sample = try pairs.sample(at: index)
            guard case .caption(let caption) = sample.text else {
                throw DataError(
                    pairs.name, "record \(index) has no caption; retrieval needs one for each")
            }
            var image = firstPairs.count
            if case .file(let path) = sample.picture {
                image = imageOfPath[path, default: image]
                imageOfPath[path] = image
            }
            if image == firstPairs.count { firstPairs.append(index) }
            captions.append(caption)
            imageOfCaption.append(image)
        }
        images = Pictures(pairs: pairs, firstPairs: firstPairs)
        self.captions = captions
        self.imageOfCaption = imageOfCaption
    }

    /// One of the pairs of each picture, without its caption.
    private struct Pictures: SampleSource {
        let pairs: any SampleSource
        let firstPairs: [Int]

        var name: String { pairs.name }
        var count: Int { firstPairs.count }
        var summary: String { "\(name): \(count) pictures with \(pairs.count) captions" }

        func sample(at index: Int) throws -> Sample {
            var sample = try pairs.sample(at: firstPairs[index])
            sample.text = nil
            return sample
        }
    }
}
