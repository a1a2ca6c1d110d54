internal import EVAConfiguration
internal import EVAData
internal import EVAModels
internal import EVATokenizer
internal import Foundation
internal import Synchronization
internal import EVAImaging

/// Pictures that were named on the command line: files, and folders with all that is in them.
struct ImageInput: SampleSource {
    let name = "--images"
    /// Every file, folders opened, in the order of the command line and within folders of names.
    let paths: [String]

    var count: Int { paths.count }
    var summary: String { "\(count) pictures" }

    init(_ arguments: [String]) throws {
        var paths: [String] = []
        for argument in arguments {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder) else {
                throw DataError(argument, "no such file or folder")
            }
            if isFolder.boolValue {
                let found = try Self.pictures(in: argument)
                guard !found.isEmpty else {
                    throw DataError(
                        argument,
                        "no pictures in this folder; looked for "
                            + ImageDecoder.fileExtensions.sorted().joined(separator: ", "))
                }
                paths += found
            } else {
                paths.append(argument)
            }
        }
        guard !paths.isEmpty else { throw DataError("--images", "names no picture") }
        self.paths = paths
    }

    func sample(at index: Int) -> Sample { Sample(picture: .file(paths[index])) }

    /// Counts the pictures that lie on a side or upside down, from several threads.
    private final class TurnedPictures: Sendable {
        let count = Atomic(0)
    }

    /// Reads all pictures in order with the model's evaluation transform, batch by batch, and says at
    /// the end how many ask to be turned where that is ignored.
    ///
    /// - Throws: `DataError` naming the first picture that cannot be read.
    func forEachBatch(
        of size: Int, for model: ModelDescription, _ body: (HostBatch) throws -> Void
    ) throws {
        let turned = TurnedPictures()
        let loader = try BatchLoader(
            source: self,
            schedule: BatchSchedule(
                source: self, batchSize: size, shuffled: false, coverage: .everySample),
            preparation: SamplePreparation(
                transform: .evaluation(EvaluationTransform(model.preprocessing)),
                tokenizer: CLIPTokenizer.published(),
                contextLength: model.configuration.text.contextLength,
                noticing: { image in
                    guard image.exifOrientation != 1 else { return }
                    turned.count.add(1, ordering: .relaxed)
                }),
            epochs: 1, readerThreads: 1, badRecords: .stop, badSamples: BadSampleLog())
        defer { loader.stop() }
        while let batch = try loader.next() { try body(batch) }
        let turnedCount = turned.count.load(ordering: .relaxed)
        guard model.preprocessing.exifOrientation == .ignore, turnedCount > 0 else { return }
        Console.note(
            "\(turnedCount) of \(count) pictures were taken with the camera turned, which is ignored; "
                + "--exif_orientation apply turns them upright")
    }

    private static func pictures(in folder: String) throws -> [String] {
        try FolderReader.files(below: folder).filter { name in
            let ending = name.split(separator: ".").last?.lowercased() ?? ""
            return ImageDecoder.fileExtensions.contains(ending)
        }.sorted()
    }
}
