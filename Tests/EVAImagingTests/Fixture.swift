import EVAImaging
import Foundation

/// What Pillow makes of a picture; written by Fixtures/make_fixtures.py.
struct Expected: Decodable {
    struct Picture: Decodable {
        let mode: String
        let width: Int
        let height: Int
        let orientation: Int
        let rgb: String
        let floats: [Float]
    }

    struct Resize: Decodable {
        let file: String
        let interpolation: String
        let width: Int
        let height: Int
        let rgb: String
    }

    struct Box: Decodable {
        let width: Int
        let height: Int
        let words: [String]
        let box: [Int]
    }

    struct Training: Decodable {
        let file: String
        let words: [String]
        let rgb: String
        let mirrored: String
    }

    /// A value of `variants`: texts and numbers by name.
    enum Fact: Decodable, Hashable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    let photographs: [String: Picture]
    let variants: [String: [String: Fact]]
    let resizes: [Resize]
    let boxes: [Box]
    let training: [Training]
}

enum Fixture {
    static let folder = Bundle.module.resourcePath.map { $0 + "/Fixtures" } ?? "Fixtures"

    static let expected: Expected = {
        do {
            return try JSONDecoder().decode(
                Expected.self, from: Data(bytes(of: "expected.json")))
        } catch {
            fatalError("Fixtures/expected.json: \(error)")
        }
    }()

    static let photographs = expected.photographs.keys.sorted()
    static let variants = expected.variants.keys.sorted()

    static func path(_ name: String) -> String {
        if expected.photographs[name] != nil { return folder + "/photographs/" + name }
        return folder + "/variants/" + name
    }

    static func bytes(of file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
    }

    static func content(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    static func image(_ name: String) throws -> Image {
        try ImageDecoder.decode(contentsOf: path(name))
    }
}

/// The 64-bit FNV-1a hash, as in make_fixtures.py.
func hash(_ bytes: [UInt8]) -> String {
    let value = bytes.withUnsafeBufferPointer { bytes in
        bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// How two rows of bytes differ; nil if they do not.
func difference(_ got: [UInt8], _ expected: [UInt8]) -> String? {
    guard got.count == expected.count else {
        return "\(got.count) bytes, expected \(expected.count)"
    }
    guard got != expected else { return nil }
    let pairs = zip(got, expected).enumerated().filter { $0.element.0 != $0.element.1 }
    let largest = pairs.map { abs(Int($0.element.0) - Int($0.element.1)) }.max() ?? 0
    let first = pairs.first?.offset ?? 0
    return """
        \(pairs.count) of \(got.count) bytes differ by up to \(largest); \
        the first at \(first): \(got[first]), expected \(expected[first])
        """
}

/// A generator that says what it is told, then zeros.
struct ScriptedGenerator: RandomNumberGenerator {
    var words: ArraySlice<UInt64>

    init(_ texts: [String]) {
        words = texts.compactMap { UInt64($0) }[...]
    }

    mutating func next() -> UInt64 { words.popFirst() ?? 0 }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
