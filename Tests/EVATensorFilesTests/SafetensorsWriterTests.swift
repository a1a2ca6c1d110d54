import Foundation
import Testing

@testable import EVATensorFiles

@Suite("SafetensorsWriter")
struct SafetensorsWriterTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private static let tensors: [(name: String, tensor: HostTensor)] = [
        ("mask", HostTensor(elementType: .bool, shape: [3], bytes: [0, 1, 0])),
        ("a \"quoted\"\n\u{e4}", HostTensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])),
        ("half", HostTensor([0x3800, 0xC000] as [UInt16], shape: [2])),
        ("scalar", HostTensor([.pi] as [Double], shape: [])),
        ("empty", HostTensor([] as [Float], shape: [4, 0])),
        ("ids", HostTensor([-1, .max] as [Int64], shape: [2, 1])),
        ("steps", HostTensor([7] as [Int32], shape: [1])),
    ]

    @Test("What is written is read back equal, metadata included")
    func roundTrip() throws {
        let path = folder.file("a.safetensors")
        let metadata = ["format": "pt", "b": "\u{1}\\\"\u{1F600}"]
        try SafetensorsWriter.write(Self.tensors, metadata: metadata, to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == metadata)
        #expect(file.entries.count == Self.tensors.count)
        for (name, tensor) in Self.tensors {
            let read = try file.tensor(named: name)
            #expect(read.elementType == tensor.elementType)
            #expect(read.shape == tensor.shape)
            #expect(read.withUnsafeBytes { Array($0) } == tensor.withUnsafeBytes { Array($0) })
        }
    }

    @Test("A file written by Python's library is copied to the same tensors")
    func copiesPython() throws {
        let original = try SafetensorsFile(path: fixture("python.safetensors"))
        let path = folder.file("copy.safetensors")
        try SafetensorsWriter.write(original.entries, metadata: original.metadata, to: path) {
            try original.tensor(named: original.entries[$0].name)
        }
        #expect(try difference(original, SafetensorsFile(path: path)) == nil)
        // The comparison itself must see a changed bit.
        var changed = try bytes(of: path)
        changed[changed.count - 1] ^= 1
        let other = try SafetensorsFile(path: folder.write(changed, as: "changed"))
        #expect(try difference(original, other) != nil)
    }

    @Test("The bytes are the same each time, the header ends on 8 bytes, every tensor is aligned")
    func layout() throws {
        let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key\($0)", "\($0)") })
        for name in ["a", "b"] {
            try SafetensorsWriter.write(Self.tensors, metadata: metadata, to: folder.file(name))
        }
        let written = try bytes(of: folder.file("a"))
        #expect(try written == bytes(of: folder.file("b")))
        let headerLength = written.withUnsafeBytes { Int($0.load(as: UInt64.self)) }
        #expect(headerLength % 8 == 0)
        let file = try SafetensorsFile(path: folder.file("a"))
        #expect(file.names.first == "scalar")
        for entry in file.entries {
            let address = try file.tensor(named: entry.name).withUnsafeBytes {
                Int(bitPattern: $0.baseAddress)
            }
            #expect(address % entry.elementType.byteCount == 0)
        }
    }

    @Test("A name that occurs twice is refused, and nothing is written")
    func duplicateName() throws {
        let tensor = HostTensor([1] as [Float], shape: [1])
        let error = try tensorFileError {
            try SafetensorsWriter.write([("w", tensor), ("w", tensor)], to: folder.file("a"))
        }
        #expect(error.tensor == "w")
        #expect(try folder.names == [])
    }

    @Test("A tensor that differs from its announcement is refused, and the old file stays")
    func otherTensor() throws {
        let path = try folder.write([1, 2, 3], as: "a")
        let entry = TensorEntry(name: "w", elementType: .float32, shape: [2])
        let error = try tensorFileError {
            try SafetensorsWriter.write([entry], to: path) { _ in
                HostTensor([1] as [Float], shape: [1])
            }
        }
        #expect(error.tensor == "w")
        #expect(try bytes(of: path) == [1, 2, 3])
        #expect(try folder.names == ["a"])
    }

    @Test("Sharded files are read through their index as one container")
    func sharded() throws {
        try SafetensorsWriter.write(Array(Self.tensors[..<3]), to: folder.file("1.safetensors"))
        try SafetensorsWriter.write(Array(Self.tensors[3...]), to: folder.file("2.safetensors"))
        var map: [String: String] = [:]
        for (position, item) in Self.tensors.enumerated() {
            map[item.name] = position < 3 ? "1.safetensors" : "2.safetensors"
        }
        func index(_ map: [String: String]) throws -> String {
            let json = try JSONSerialization.data(
                withJSONObject: ["metadata": ["total_size": 1.5e3], "weight_map": map])
            return try folder.write(Array(json), as: "model.safetensors.index.json")
        }
        let whole = folder.file("whole.safetensors")
        try SafetensorsWriter.write(Self.tensors, to: whole)
        let sharded = try ShardedSafetensors(indexPath: index(map))
        #expect(try difference(sharded, SafetensorsFile(path: whole)) == nil)

        var wrong = map
        wrong["mask"] = "2.safetensors"
        #expect(
            try tensorFileError { _ = try ShardedSafetensors(indexPath: index(wrong)) }.tensor
                == "mask")
        wrong = map
        wrong["more"] = "2.safetensors"
        #expect(
            try tensorFileError { _ = try ShardedSafetensors(indexPath: index(wrong)) }.tensor
                == "more")
        wrong["more"] = "../2.safetensors"
        #expect(
            try tensorFileError { _ = try ShardedSafetensors(indexPath: index(wrong)) }.message
                .contains("no plain file name"))
    }
}
