import EVATensorFiles
import EVATestSupport
import Foundation
import Testing

@testable import EVATraining
@testable import Torch

@Suite struct BackgroundWorkTests {
    @Test("Work goes on beside its starter, one piece after the other, and fails once")
    func order() throws {
        let background = BackgroundWork()
        let (gate, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        background.start {
            gate.wait()
            ended.signal()
        }
        #expect(ended.wait(timeout: .now()) == .timedOut)
        gate.signal()
        // The next piece begins after the end of this one.
        background.start {
            throw TrainingError(ended.wait(timeout: .now()) == .success ? "b" : "a")
        }
        background.wait()
        let error = #expect(throws: TrainingError.self) { try background.throwFailure() }
        #expect(error?.description == "b")
        try background.throwFailure()
    }

    @Test("A copy holds what the buffers held, whatever becomes of them")
    func copied() throws {
        let buffer = Tensor((0..<5_000_000).map { Float($0) }, shape: [5_000_000])
        let piece = StatePiece(
            name: "a", piece: TensorPiece(of: [5_000_000], range: 4_999_990..<5_000_000),
            buffer: buffer, range: 4_999_990..<5_000_000, isOwn: true)
        let other = StatePiece(
            name: "b", piece: TensorPiece(of: []), buffer: Tensor([7] as [Float], shape: [1]),
            range: 0..<1, isOwn: true)
        let pieces = [piece, other, piece]
        let memory = try #require(HostMemory(byteCount: StateReading.byteCount(of: pieces)))
        #expect(memory.count == 4 * 5_000_001)
        let copy = StateReading.copy(of: pieces, to: memory)
        let (read, readOther) = (copy.reader(of: piece), copy.reader(of: other))
        let live = StateReading.inPlace.reader(of: piece)
        buffer.fill(0)
        let expected = (4_999_990..<5_000_000).map { Float($0) }
        #expect(try read().values(as: Float.self) == expected)
        #expect(try readOther().values(as: Float.self) == [7])
        #expect(try live().values(as: Float.self).allSatisfy { $0 == 0 })
    }

    @Test("What a machine has no memory for is written in its place, and said")
    func memory() throws {
        let tiny = try TinyTraining()
        let trainer = try Trainer(
            tiny.configuration("a", ["--save_strategy", "steps"]), device: .cpu)
        var memory = trainer.memory
        #expect(memory.checkpoint > 0)
        let total = memory.total + memory.checkpoint
        let enough = MachineMemory(bytes: Int(total) + 1, reason: "a test")
        #expect(memory.fitCheckpoint(into: enough) == nil && memory.checkpoint > 0)
        let little = MachineMemory(bytes: Int(total) - 1, reason: "a test")
        let note = memory.fitCheckpoint(into: little) ?? ""
        #expect(note.contains("written while training waits") && note.contains("a test"))
        #expect(memory.checkpoint == 0)
    }
}
