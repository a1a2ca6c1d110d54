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

    private let source: any SampleSource
    private let tokenizer: CLIPTokenizer
    private let threads: Int
    private let limits: ImageLimits

    /// - Parameters:
    ///   - source: The data.
    ///   - tokenizer: What texts are given to.
    ///   - threads: How many samples are read at once.
    ///   - limits: The largest pictures that are decoded.
    package init(
        source: any SampleSource, tokenizer: CLIPTokenizer, threads: Int,
        limits: ImageLimits = ImageLimits()
    ) {
        self.source = source
        self.tokenizer = tokenizer
        self.threads = max(1, threads)
        self.limits = limits
    }

    /// Reads every sample once.
    ///
    /// - Parameters:
    ///   - badSamples: Where samples that cannot be read are listed.
    ///   - broken: Receives each of them with the reason.
    ///   - progress: Receives how many samples have been read.
    /// - Throws: `DataError` when the list cannot be written.
    package func run(
        badSamples: BadSampleLog, broken: (_ record: Int, _ reason: String) -> Void = { _, _ in },
        progress: (Int) -> Void = { _ in }
    ) throws -> DataStatistics {
        var statistics = DataStatistics()
        let start = ContinuousClock.now
        statistics.samples = source.count
        for first in stride(from: 0, to: source.count, by: Self.stretch) {
            let range = first..<min(first + Self.stretch, source.count)
            for (record, result) in zip(range, inspect(range)) {
                switch result {
                case .success(let facts): statistics.add(facts)
                case .failure(let failure):
                    statistics.broken += 1
                    try badSamples.note(record, of: source.name, reason: failure.reason)
                    broken(record, failure.reason)
                }
            }
            progress(range.upperBound)
        }
        statistics.seconds = (ContinuousClock.now - start) / .seconds(1)
        return statistics
    }

    private struct Failure: Error {
        let reason: String
    }

    private typealias Outcome = Result<DataStatistics.Facts, Failure>

    /// Reads neighbouring samples, whichever thread is free the next of them.
    private func inspect(_ range: Range<Int>) -> [Outcome] {
        let next = Atomic(range.lowerBound)
        let outcomes = Mutex([Outcome?](repeating: nil, count: range.count))
        DispatchQueue.concurrentPerform(iterations: min(threads, range.count)) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < range.upperBound else { return }
                let outcome = outcome(of: index)
                outcomes.withLock { $0[index - range.lowerBound] = outcome }
            }
        }
        return outcomes.withLock { $0.compactMap { $0 } }
    }

    private func outcome(of index: Int) -> Outcome {
        do {
            let name = "\(source.name), record \(index)"
            return .success(try facts(source.sample(at: index), name: name))
        } catch {
            return .failure(Failure(reason: "\(error)"))
        }
    }

    private func facts(_ sample: Sample, name: String) throws -> DataStatistics.Facts {
        var facts = try pictureFacts(sample.picture, name: name)
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
            return try decoded(ImageDecoder.contents(of: path, limits: limits), name: path)
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
