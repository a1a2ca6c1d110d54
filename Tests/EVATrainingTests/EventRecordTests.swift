import EVATraining
import Foundation
import Testing

@Suite("TensorBoard's event files")
struct EventRecordTests {
    // Written by TensorBoard 2.21.0's RecordWriter from its own Event messages.
    @Test(
        "Records equal TensorBoard's own, to the byte",
        arguments: [
            (
                EventRecord(wallTime: 1_700_000_000.25, step: 0, content: .fileVersion),
                "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9"
            ),
            (
                EventRecord(wallTime: 1_700_000_000.5, step: 301, content: .start),
                "100000000000000095fbfe180900002040fc54d94110ad023a020801596f3f79"
            ),
            (
                EventRecord(
                    wallTime: 1_700_000_001, step: 70_000,
                    content: .scalars([("train/loss", 0.1), ("eval/top1", 74.5)])),
                "34000000000000005e33175c0900004040fc54d94110f0a2042a250a110a0a747261696e2f6c6f7373"
                    + "15cdcccc3d0a100a096576616c2f746f70311500009542572a1864"
            ),
        ])
    func bytes(record: EventRecord, expected: String) {
        #expect(record.framed.map { String(format: "%02x", $0) }.joined() == expected)
    }

    @Test("Each start of a run has a file, which says what of the others is void")
    func files() throws {
        let folder = NSTemporaryDirectory() + "/events-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for step in [0, 300] {
            _ = try TensorBoardLog(folder: folder, afterStep: step)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.count == 2)
        #expect(names.allSatisfy { $0.hasPrefix("events.out.tfevents.") })
        let second = try #require(FileManager.default.contents(atPath: folder + "/" + names[1]))
        // Step 301, as a number of seven bits a byte, then the mark of a start.
        #expect(
            [UInt8](second).dropLast(4).suffix(7) == [0x10, 0xAD, 0x02, 0x3A, 0x02, 0x08, 0x01])
    }

    @Test("A folder that cannot be made is told in one line")
    func badFolder() {
        let error = #expect(throws: TrainingError.self) {
            try TensorBoardLog(folder: "/dev/null/x", afterStep: 0)
        }
        #expect(error?.description.contains("--logging_dir") == true)
    }
}
