import EVAData
import EVAImaging
import Foundation

/// Shards with small pictures whose captions name them, and readers of them.
enum StreamFixture {
    /// A PNG of one colour; of the smallest size unless said.
    static func picture(_ level: Int, side: Int = 6) throws -> [UInt8] {
        let value = UInt8(truncatingIfNeeded: level)
        return try PNGEncoder.encode(
            Image(
                width: side, height: side, mode: .rgb,
                pixels: [UInt8](repeating: value, count: side * side * 3)))
    }

    /// A line of a LAION part.
    static func line(_ caption: String, picture: [UInt8]) -> [UInt8] {
        let json = "{\"caption_en\": \"\(caption)\", \"other\": [1, null]}"
        return Array("id\turl\t\(json)\tx\ty\t".utf8) + Data(picture).base64EncodedData()
            + Array("\tz\n".utf8)
    }

    /// A LAION part with one line for each number.
    static func part(_ numbers: Range<Int>) throws -> [UInt8] {
        try numbers.flatMap { try line("number \($0)", picture: picture($0)) }
    }

    /// Names and contents of the members of a WebDataset shard.
    static func members(_ numbers: Range<Int>) throws -> [(name: String, content: [UInt8])] {
        try numbers.flatMap { number in
            [
                ("s/\(number).png", try picture(number)),
                ("s/\(number).txt", Array("number \(number)".utf8)),
            ]
        }
    }

    /// A tar archive.
    static func tar(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
        members.flatMap { header($0.name, size: $0.content.count) + padded($0.content) }
            + [UInt8](repeating: 0, count: 1024)
    }

    private static func padded(_ content: [UInt8]) -> [UInt8] {
        content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private static func header(_ name: String, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at position: Int) {
            header.replaceSubrange(position..<position + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put(String(format: "%011lo", size), at: 124)
        put("        0ustar\u{0}00", at: 148)
        put(String(format: "%06lo\u{0}", header.reduce(0) { $0 + Int($1) }), at: 148)
        return header
    }

    /// The checksum in a header.
    static func checksum(_ tar: [UInt8], at header: Int) -> Int {
        Int(String(decoding: tar[(header + 148)..<(header + 154)], as: UTF8.self), radix: 8) ?? 0
    }

    static func setChecksum(_ sum: Int, of tar: inout [UInt8], at header: Int) {
        tar.replaceSubrange(
            (header + 148)..<(header + 154), with: String(format: "%06lo", sum).utf8)
    }

    /// A stream over parts of so many samples each, whose captions count on.
    static func stream(
        in folder: TemporaryFolder, sizes: [Int], format: ShardFormat = .lines,
        windowRecords: Int = 8, windowBytes: Int = 1 << 20, shuffled: Bool = true
    ) throws -> ShardStream {
        var next = 0
        let paths = try sizes.enumerated().map { index, size in
            defer { next += size }
            let content =
                format == .lines
                ? try part(next..<next + size) : tar(try members(next..<next + size))
            return try folder.write(content, to: "part-\(index)")
        }
        return try ShardStream(
            name: "list", shards: paths, format: format, seed: 5, shuffled: shuffled,
            window: ShardWindow.Limits(records: windowRecords, bytes: windowBytes))
    }

    /// A loader of one stream or several.
    static func loader(
        _ mixture: StreamMixture, share: RankShare = RankShare(), batchSize: Int = 4,
        start: StreamPosition? = nil, threads: Int = 0, limit: BadSampleLimit = .standard,
        badSamples: BadSampleLog? = nil
    ) throws -> BatchLoader {
        try BatchLoader(
            mixture: mixture, share: share, batchSize: batchSize, preparation: preparation(),
            start: start, readerThreads: threads, badRecords: .replace(limit),
            badSamples: badSamples ?? BadSampleLog())
    }
}

extension SampleStreamReader {
    /// The numbers that the captions of the next records name; nil for a record that is faulty.
    func numbers(_ count: Int) throws -> [Int?] {
        try (0..<count).map { _ in
            let record = try next()
            guard let sample = try? record.sample(), case .caption(let text) = sample.text else {
                return nil
            }
            return Int(text.split(separator: " ").last ?? "")
        }
    }
}

extension BatchSupply {
    /// Batches as their bits.
    func fingerprints(_ count: Int) throws -> [[Int]] {
        try (0..<count).compactMap { _ in
            try next().map {
                $0.sampleIndices + $0.tokens.map(Int.init)
                    + $0.images.values.map { Int($0.bitPattern) }
            }
        }
    }
}
