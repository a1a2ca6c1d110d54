internal import EVAConfiguration
internal import EVAData
internal import EVAModels
internal import EVATokenizer
internal import Foundation
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

    /// Reads all pictures in order with the model's evaluation transform, batch by batch.
    ///
    /// - Throws: `DataError` naming the first picture that cannot be read.
    func forEachBatch(
        of size: Int, for model: ModelDescription, _ body: (HostBatch) throws -> Void
    ) throws {
        let loader = BatchLoader(
            source: self,
            schedule: try BatchSchedule(
                source: self, batchSize: size, shuffled: false, coverage: .everySample),
            preparation: SamplePreparation(
                transform: .evaluation(EvaluationTransform(model.preprocessing)),
                tokenizer: try CLIPTokenizer.published(),
                contextLength: model.configuration.text.contextLength),
            epochs: 1, readerThreads: 1, limit: .everySample, badSamples: try BadSampleLog())
        defer { loader.stop() }
        while let batch = try loader.next() { try body(batch) }
    }

    private static func pictures(in folder: String) throws -> [String] {
        try FolderReader.files(below: folder).filter { name in
            let ending = name.split(separator: ".").last?.lowercased() ?? ""
            return ImageDecoder.fileExtensions.contains(ending)
        }.sorted()
    }
}
