import Dispatch
package import EVAImaging
package import EVATokenizer
import Foundation
import Synchronization

/// Reads everything that training would read of a data set, and tells what it is and what is broken.
///
/// Samples are read by several threads, a stretch at a time, and looked at in the order of the data:
/// memory does not grow with the data, and the result does not depend on the threads.
package struct DataInspector {
    private static let stretch = 512
    // Records out of shards bring their bytes along.
    private static let stretchBytes = 128 << 20

    private let streams: [any SampleStream]
    private let tokenizer: CLIPTokenizer
    private let threads: Int
    private let limits: ImageLimits

    /// - Parameters:
    ///   - streams: The data, read one after another.
    ///   - tokenizer: What texts are given to.
    ///   - threads: How many samples are read at once.
    ///   - limits: The largest pictures that are decoded.
    package init(
        streams: [any SampleStream], tokenizer: CLIPTokenizer, threads: Int,
        limits: ImageLimits = ImageLimits()
    ) {
        self.streams = streams
        self.tokenizer = tokenizer
        self.threads = max(1, threads)
        self.limits = limits
    }

    /// Reads every sample once.
    ///
    /// - Parameters:
    ///   - badSamples: Where samples that cannot be read are listed.
    ///   - broken: Receives the file or data set of each of them, its number there, and the reason.
    ///   - progress: Receives how many samples have been read.
    /// - Throws: `DataError` when there is nothing to read, or when the list cannot be written.
    package func run(
        badSamples: BadSampleLog,
        broken: (_ file: String, _ record: Int, _ reason: String) -> Void = { _, _, _ in },
        progress: (Int) -> Void = { _ in }
    ) throws -> DataStatistics {
        var statistics = DataStatistics()
        var recordCount = 0
        let start = ContinuousClock.now
        for stream in streams {
            let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
            var isEnd = false
            while !isEnd {
                let records = try nextRecords(of: reader, isEnd: &isEnd)
                for (record, result) in zip(records, inspect(records)) {
                    if record.repeatsKey {
                        statistics.tally.noteRepeatedKey(record.name.file, pass: 0)
                    }
                    switch result {
                    case .success(let facts):
                        statistics.samples += 1
                        statistics.add(facts)
                        statistics.tally.noteRead(
                            record.name.file, pass: 0, hasEmptyText: facts.hasEmptyText)
                    case .failure(let failure):
                        guard statistics.note(failure.reason, failure.kind, of: record.name)
                        else { continue }
                        try badSamples.note(
                            record.name.record, of: record.name.file, reason: failure.reason,
                            missing: failure.kind?.shortage?.missing ?? 0)
                        broken(record.name.file, record.name.record, failure.reason)
                    }
                }
                recordCount += records.count
                progress(recordCount)
            }
        }
        for (file, bad) in badSamples.files {
            statistics.tally.noteBroken(file, broken: bad.broken, missing: bad.missing)
        }
        statistics.seconds = (ContinuousClock.now - start) / .seconds(1)
        return statistics
    }

    /// The next stretch of the first pass.
    private func nextRecords(of reader: any SampleStreamReader, isEnd: inout Bool) throws
        -> [StreamRecord]
    {
        var records: [StreamRecord] = []
        var byteCount = 0
        while records.count < Self.stretch && byteCount < Self.stretchBytes {
            let record = try reader.next()
            guard record.pass == 0 else {
                isEnd = true
                break
            }
            records.append(record)
            byteCount += record.byteCount
        }
        return records
    }

    private struct Failure: Error {
        let reason: String
        let kind: UnusableRecord?
    }

    private typealias Outcome = Result<DataStatistics.Facts, Failure>

    /// Reads neighbouring samples, whichever thread is free the next of them.
    private func inspect(_ records: [StreamRecord]) -> [Outcome] {
        let next = Atomic(0)
        let outcomes = Mutex([Outcome?](repeating: nil, count: records.count))
        DispatchQueue.concurrentPerform(iterations: min(threads, records.count)) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < records.count else { return }
                let outcome = outcome(of: records[index])
                outcomes.withLock { $0[index] = outcome }
            }
        }
        return outcomes.withLock { $0.compactMap { $0 } }
    }

    private func outcome(of record: StreamRecord) -> Outcome {
        do {
            return .success(
                try facts(record.sample(), name: "\(record.name)"))
        } catch {
            return .failure(Failure(reason: "\(error)", kind: error as? UnusableRecord))
        }
    }

    private func facts(_ sample: Sample, name: String) throws -> DataStatistics.Facts {
        var facts = try pictureFacts(sample.picture, name: name)
        // What a stream has decoded came from a file all the same.
        if let format = sample.pictureFormat { facts.format = format }
        if let key = sample.pictureKey { facts.pictureHash = key }
        switch sample.text {
        case .caption(let text):
            facts.tokens = tokenizer.encode(text).count
            facts.textHash = StableHash.of(text.utf8)
        case .tokens(let ids):
            facts.tokens = (ids.firstIndex(of: tokenizer.endOfText) ?? ids.count - 1) + 1
            facts.textHash = ids.withUnsafeBytes { StableHash.of($0) }
        case nil: break
        }
        return facts
    }

    private func pictureFacts(
        _ picture: Sample.Picture, name: String
    ) throws -> DataStatistics.Facts {
        func decoded(_ bytes: [UInt8], name: String) throws -> DataStatistics.Facts {
            let image = try ImageDecoder.decode(bytes, name: name, limits: limits)
            return DataStatistics.Facts(
                width: image.width, height: image.height,
                format: ImageDecoder.formatName(of: bytes) ?? "unknown",
                pictureHash: bytes.withUnsafeBytes { StableHash.of($0) })
        }
        switch picture {
        case .file(let path):
            return try decoded(PictureFile.contents(of: path, limits: limits), name: path)
        case .encoded(let bytes): return try decoded(bytes, name: name)
        case .pixels(let image):
            return DataStatistics.Facts(
                width: image.width, height: image.height, format: "drawn",
                pictureHash: image.pixels.withUnsafeBytes { StableHash.of($0) })
        case .floats(let floats):
            let side = Int((Double(floats.count) / 3).squareRoot())
            return DataStatistics.Facts(
                width: side, height: side, format: "ready",
                pictureHash: floats.withUnsafeBytes { StableHash.of($0) })
        }
    }
}
