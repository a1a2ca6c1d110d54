import EVAData
import Foundation
import Testing

@Suite("Streams of shards")
struct ShardStreamTests {
    private let sizes = [5, 0, 11, 3, 7, 1]
    private let all = Array(0..<27)

    @Test(
        "Every pass delivers each sample once, in another order",
        arguments: [ShardFormat.lines, .webDataset])
    func passes(format: ShardFormat) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(in: folder, sizes: sizes, format: format)
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        let passes = try (0..<3).map { _ in try reader.numbers(27).compactMap { $0 } }
        for pass in passes { #expect(pass.sorted() == all) }
        #expect(Set(passes).count == 3)
        #expect(passes[0] != all)
    }

    @Test("Without shuffling the samples come in the order of the files")
    func unshuffled() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(
            in: folder, sizes: sizes, shuffled: false)
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        #expect(try reader.numbers(54).compactMap { $0 } == all + all)
    }

    @Test("Samples of neighbouring shards are shuffled among themselves")
    func windows() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(
            in: folder, sizes: [10, 10], windowRecords: 20)
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        let numbers = try reader.numbers(20).compactMap { $0 }
        #expect(Set(numbers.prefix(10).map { $0 / 10 }) == [0, 1])
        #expect(numbers.sorted() == Array(0..<20))
    }

    @Test("A window holds no more bytes than its limit, whatever it might hold in number")
    func bytes() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let line = try StreamFixture.part(10..<11).count
        let stream = try StreamFixture.stream(
            in: folder, sizes: [40], windowRecords: 100, windowBytes: 4 * line - 20)
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        let numbers = try reader.numbers(40).compactMap { $0 }
        #expect(numbers != Array(0..<40))
        #expect(numbers.enumerated().allSatisfy { abs($0 - $1) < 6 })
    }

    @Test("Ranks share every pass without overlap", arguments: [2, 3, 6])
    func ranks(worldSize: Int) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(in: folder, sizes: [5, 2, 11, 3, 7, 1])
        var seen: [Int] = []
        for rank in 0..<worldSize {
            let reader = try stream.makeReader(
                share: RankShare(rank: rank, worldSize: worldSize), from: StreamCursor())
            while true {
                let record = try reader.next()
                guard reader.cursor.pass == 0, case .caption(let text) = try record.sample().text
                else { break }
                seen.append(Int(text.split(separator: " ")[1]) ?? -1)
            }
        }
        #expect(seen.sorted() == Array(0..<29))
    }

    @Test("A reader that starts from any cursor goes on as the one before would have")
    func cursors() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(
            in: folder, sizes: sizes, format: .webDataset)
        let whole = try stream.makeReader(share: RankShare(), from: StreamCursor())
        var cursors = [whole.cursor]
        var numbers: [Int?] = []
        for _ in 0..<60 {
            numbers += try whole.numbers(1)
            cursors.append(whole.cursor)
        }
        for (index, cursor) in cursors.enumerated() where index % 3 == 1 || index < 12 {
            let copy = try JSONDecoder().decode(
                StreamCursor.self, from: JSONEncoder().encode(cursor))
            let reader = try stream.makeReader(share: RankShare(), from: copy)
            #expect(reader.cursor == cursor)
            #expect(try reader.numbers(60 - index) == Array(numbers[index...]), "from \(index)")
        }
    }

    @Test("A rank without a file, a missing file, and files without a sample are errors")
    func faults() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(in: folder, sizes: [1, 1])
        #expect(
            errorText {
                try stream.makeReader(
                    share: RankShare(rank: 2, worldSize: 3), from: StreamCursor())
            }?.contains("fewer than the 3 ranks") == true)
        #expect(
            errorText {
                try ShardStream(
                    name: "list", shards: ["/nowhere/a", "/nowhere/b"], format: .lines, seed: 0,
                    shuffled: true)
            }?.contains("/nowhere/a: cannot be read: No such file") == true)
        let empty = try StreamFixture.stream(in: folder, sizes: [0, 0])
        let reader = try empty.makeReader(share: RankShare(), from: StreamCursor())
        #expect(errorText { try reader.next() }?.contains("no sample in any") == true)
    }

    @Test("A shard that goes missing later is one faulty record, and the rest is read")
    func lost() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stream = try StreamFixture.stream(in: folder, sizes: [2, 2], shuffled: false)
        try FileManager.default.removeItem(atPath: stream.shards[0])
        let reader = try stream.makeReader(share: RankShare(), from: StreamCursor())
        let record = try reader.next()
        #expect(record.name == SampleName(file: stream.shards[0], record: 0))
        #expect(errorText { try record.sample() }?.contains("No such file") == true)
        #expect(try reader.numbers(2) == [2, 3])
    }
}
