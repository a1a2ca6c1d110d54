import EVAImaging
import EVATensorFiles
import Foundation

/// Writes the Shapes data set as files, so that people and other programs can look at it.
///
/// Below the root: `images/` and `annotations/` in COCO's Karpathy form, where train, val and test
/// are the splits training, validation and held-out; and `zero_shot/`, an evaluation folder of the
/// held-out classes.
public struct ShapesExporter: Sendable {
    /// Width and height of the pictures in pixels.
    public var imageSize: Int
    /// The seed of the scenes.
    public var seed: UInt64
    /// Scenes for training.
    public var trainingCount: Int
    /// Scenes for validation, and as many held-out ones.
    public var validationCount: Int
    /// Pictures of each class in the evaluation folder.
    public var picturesPerClass: Int

    /// Describes what is written.
    ///
    /// - Parameters:
    ///   - imageSize: Width and height of the pictures in pixels.
    ///   - seed: The seed of the scenes.
    ///   - trainingCount: Scenes for training.
    ///   - validationCount: Scenes for validation, and as many held-out ones.
    ///   - picturesPerClass: Pictures of each class in the evaluation folder.
    public init(
        imageSize: Int = 64, seed: UInt64 = 0, trainingCount: Int = 4000,
        validationCount: Int = 400, picturesPerClass: Int = 20
    ) {
        self.imageSize = imageSize
        self.seed = seed
        self.trainingCount = trainingCount
        self.validationCount = validationCount
        self.picturesPerClass = picturesPerClass
    }

    private struct Record: Codable {
        var caption: String
        var image: String
        var imageID: String

        enum CodingKeys: String, CodingKey {
            case caption, image
            case imageID = "image_id"
        }
    }

    /// Writes everything; files of the same names are replaced.
    ///
    /// - Parameter root: The folder to write to; made when it is missing.
    /// - Throws: `DataError` or `TensorFileError` when a folder or file cannot be written.
    public func write(to root: String) throws {
        try writeSplit(.training, as: .train, count: trainingCount, to: root)
        try writeSplit(.validation, as: .validation, count: validationCount, to: root)
        try writeSplit(.heldOut, as: .test, count: validationCount, to: root)
        try writeEvaluationFolder(to: root + "/zero_shot")
    }

    private func writeSplit(
        _ split: ShapesSource.Split, as name: COCOKarpathySource.Split, count: Int, to root: String
    ) throws {
        let source = ShapesSource(split: split, count: count, imageSize: imageSize, seed: seed)
        try makeFolder(root + "/images/" + name.rawValue)
        try makeFolder(root + "/annotations")
        var records: [Record] = []
        for index in 0..<count {
            let (image, caption) = source.scene(at: index)
            let file = "\(name.rawValue)/\(index).png"
            try AtomicFile.write(PNGEncoder.encode(image), to: root + "/images/" + file)
            records.append(
                Record(caption: caption.text, image: file, imageID: "\(name.rawValue)_\(index)"))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(
            Array(encoder.encode(records)),
            to: root + "/annotations/coco_karpathy_\(name.rawValue).json")
    }

    private func writeEvaluationFolder(to folder: String) throws {
        let classes = ShapesCatalog.heldOutCombinations
        let source = ShapesSource(
            split: .heldOut, count: picturesPerClass * classes.count, imageSize: imageSize,
            seed: seed)
        var names: [String] = []
        for (label, combination) in classes.enumerated() {
            let classFolder = "\(folder)/images/\(combination.name.replacing(" ", with: "_"))"
            try makeFolder(classFolder)
            names.append(combination.name)
            for number in 0..<picturesPerClass {
                let (image, _) = source.scene(at: label + number * classes.count)
                try AtomicFile.write(
                    PNGEncoder.encode(image), to: "\(classFolder)/\(number).png")
            }
        }
        names.sort(by: FolderReader.byBytes)
        try AtomicFile.write(names.joined(separator: "\n") + "\n", to: folder + "/labels.txt")
        try AtomicFile.write(
            ShapesCatalog.templates.joined(separator: "\n") + "\n", to: folder + "/templates.txt")
    }

    private func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DataError(path, "cannot be made as a folder: \(error.localizedDescription)")
        }
    }
}
