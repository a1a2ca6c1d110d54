import Foundation
import Testing

@testable import EVATensorFiles

/// Damages files in ways that break readers, the same for the same seed.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    // SplitMix64 (Steele, Lea, Flood 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// One to four kinds of damage, most of them near the beginning or end, where structure lies.
    mutating func damage(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let position = position(in: bytes)
            switch Int.random(in: 0..<7, using: &self) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: bytes[position] = .random(in: 0...255, using: &self)
            case 2: bytes.removeSubrange(position...)
            case 3: overwriteNumber(in: &bytes, at: position)
            case 4:
                let end = min(bytes.count, position + Int.random(in: 1...16, using: &self))
                bytes.removeSubrange(position..<end)
            case 5:
                let end = min(bytes.count, position + Int.random(in: 1...64, using: &self))
                bytes.insert(contentsOf: bytes[position..<end], at: self.position(in: bytes))
            default:
                bytes.insert(contentsOf: Array("cos\nsystem\n".utf8), at: position)
            }
        }
        return bytes
    }

    private mutating func position(in bytes: [UInt8]) -> Int {
        let window = min(bytes.count, 1024)
        return switch Int.random(in: 0..<4, using: &self) {
        case 0: Int.random(in: 0..<window, using: &self)
        case 1: bytes.count - 1 - Int.random(in: 0..<window, using: &self)
        default: Int.random(in: bytes.indices, using: &self)
        }
    }

    /// Puts a length that tempts to overflow or to a huge allocation.
    private mutating func overwriteNumber(in bytes: inout [UInt8], at position: Int) {
        let tempting: [UInt64] = [
            0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, 1 << 63, .max,
        ]
        let value = tempting.randomElement(using: &self) ?? 0
        let size = [1, 2, 4, 8].randomElement(using: &self) ?? 1
        for index in 0..<size where position + index < bytes.count {
            bytes[position + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
        }
    }
}

@Suite("Damaged files")
struct MutationTests {
    static let seeds = [
        "python.safetensors", "torch-model.pt", "torch-linear.pt", "paddle-2.pdparams",
        "paddle-3.pdparams", "paddle-4.pdparams", "paddle-types.pdparams", "paddle-slices.pdparams",
        "numpy-5.pdparams", "paddle.pdopt", "columns.npy", "arrays.npz", "torch-evil.pt",
    ]

    /// The number of damaged files made of each; `EVACLIP_MUTATIONS` asks for a longer run.
    static let count =
        ProcessInfo.processInfo.environment["EVACLIP_MUTATIONS"].flatMap(Int.init) ?? 300

    @Test(
        "Every reader answers a damaged file with tensors or an error, in less than a second",
        arguments: seeds)
    func survives(_ name: String) throws {
        let folder = try TestFolder()
        let original = try bytes(of: fixture(name))
        var mutator = Mutator(seed: UInt64(original.count))
        var refused = 0
        for _ in 0..<Self.count {
            let path = try folder.write(mutator.damage(original), as: "damaged")
            if try !isRead(path) { refused += 1 }
        }
        // A mutator that damages nothing would prove nothing.
        #expect(refused > Self.count / 4)
    }

    /// Reads everything in a file; an answer is the tensors or an error of one line, in time.
    ///
    /// - Returns: whether the file was read without an error.
    private func isRead(_ path: String) throws -> Bool {
        let start = ContinuousClock.now
        defer { #expect(ContinuousClock.now - start < .seconds(1)) }
        do {
            let file = try TensorFile.open(path: path)
            for entry in file.entries {
                let tensor = try file.tensor(named: entry.name)
                #expect(tensor.shape == entry.shape)
                _ = tensor.withUnsafeBytes { $0.reduce(0) { $0 ^ $1 } }
            }
            return true
        } catch let error as TensorFileError {
            #expect(!error.description.contains("\n"))
            return false
        }
    }

    @Test(
        "What a fuzzer made up to reach every branch of a reader is answered",
        arguments: ["numpy", "paddle", "pytorch", "safetensors"])
    func answers(_ reader: String) throws {
        let folder = try TestFolder()
        let corpus = try SafetensorsFile(path: fixture("fuzzed/\(reader).safetensors"))
        var readCount = 0
        for entry in corpus.entries {
            let bytes = try corpus.tensor(named: entry.name).withUnsafeBytes { [UInt8]($0) }
            if try isRead(folder.write(bytes, as: "fuzzed")) { readCount += 1 }
        }
        // Files of both kinds, or nothing was tried.
        #expect(readCount > 0 && readCount < corpus.entries.count)
        #expect(corpus.entries.count > 500)
    }
}
