internal import EVAConfiguration
internal import EVAData
internal import EVAImaging
internal import EVATokenizer
internal import Foundation

/// What the words of `--task_name` stand for: data sets, divided by `::`.
enum DataSpelling {
    /// A data set that one word names.
    enum Part {
        /// Numbered samples.
        case samples(any SampleSource)
        /// Files of samples, that only a walk through them counts.
        case shards(name: String, paths: [String], format: ShardFormat)
    }

    /// Opens every data set that is named.
    ///
    /// - Throws: `DataError` or `TensorFileError` when one is missing or faulty.
    static func open(
        _ configuration: TrainingDataConfiguration, model: ModelConfiguration, seed: UInt64
    ) throws -> [Part] {
        try configuration.words.map { try part($0, configuration, model: model, seed: seed) }
    }

    private static func part(
        _ word: String, _ configuration: TrainingDataConfiguration, model: ModelConfiguration,
        seed: UInt64
    ) throws -> Part {
        if word.hasPrefix(TensorsSource.prefix) {
            return .samples(
                try TensorsSource(
                    path: String(word.dropFirst(TensorsSource.prefix.count)),
                    imageSize: model.vision.imageSize, contextLength: model.text.contextLength,
                    vocabularySize: model.text.vocabularySize))
        }
        let part = try captionedPart(word, configuration, model: model, seed: seed)
        try TokenVocabulary.check(model, against: CLIPTokenizer.published())
        return part
    }

    /// Opens pictures with texts that are to be tokenized.
    private static func captionedPart(
        _ word: String, _ configuration: TrainingDataConfiguration, model: ModelConfiguration,
        seed: UInt64
    ) throws -> Part {
        switch word {
        case "shapes":
            return .samples(
                ShapesSource(
                    split: .training, count: configuration.sampleCount ?? 100_000,
                    imageSize: model.vision.imageSize, seed: seed))
        case "coco_clip", "coco_karpathy":
            let root =
                configuration.root
                ?? COCOKarpathySource.defaultRoot(
                    environment: ProcessInfo.processInfo.environment)
            return .samples(try COCOKarpathySource(root: root, split: .train))
        default:
            if ByteSource.isAddress(word), [.table, .captions].contains(DataKind(word)) {
                throw DataError(
                    ByteSource.shown(word),
                    "tables and captions are read from a disk; bring the file here, or name tar "
                        + "shards or a list of them")
            }
            if let source = try openTable(word, configuration) { return .samples(source) }
            let name = ByteSource.shown(word)
            if ShardSizes.isShard(word) {
                return .shards(
                    name: name, paths: try ShardPattern.expand(word), format: .webDataset)
            }
            guard ByteSource.isAddress(word) || FileManager.default.fileExists(atPath: word)
            else {
                throw DataError(
                    "--task_name \(word)",
                    "no such file; expected coco_clip, shapes, FILE.csv, FILE.tsv, FILE.json, "
                        + "FILE.jsonl, tensors:FILE.safetensors, tar shards such as "
                        + "'shards/{00000..00099}.tar', a list of shards or of LAION part files, or "
                        + "such a list or shards as https:// or s3:// addresses")
            }
            let paths = try FileList.paths(in: word)
            return .shards(
                name: name, paths: paths, format: try ShardFormat(ofFiles: paths, in: name))
        }
    }

    /// A table or captions, known by the ending of their name.
    private static func openTable(_ path: String, _ configuration: TrainingDataConfiguration)
        throws -> (any SampleSource)?
    {
        if TableSource.accepts(path) {
            return try TableSource(
                path: path, folder: configuration.root,
                pictureColumn: configuration.imageColumn,
                captionColumn: configuration.captionColumn,
                separator: configuration.separator?.utf8.first)
        }
        guard isTable(path) else { return nil }
        return try COCOKarpathySource(captions: path, imagesFolder: configuration.root)
    }

    private static func isTable(_ word: String) -> Bool {
        TableSource.accepts(word)
            || [".json", ".jsonl"].contains { word.lowercased().hasSuffix($0) }
    }
}
