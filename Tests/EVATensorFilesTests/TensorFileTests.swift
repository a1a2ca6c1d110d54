import Glibc
import Testing

@testable import EVATensorFiles

@Suite("TensorFile and NumPy files")
struct TensorFileTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    @Test(
        "A file is known by its content, whatever its name",
        arguments: [
            ("python.safetensors", 7), ("torch-root.pt", 13), ("paddle-3.pdparams", 2),
            ("rows.npy", 1), ("arrays.npz", 2),
        ])
    func content(_ name: String, count: Int) throws {
        let path = try folder.write(bytes(of: fixture(name)), as: "renamed")
        #expect(try TensorFile.open(path: path).entries.count == count)
    }

    @Test(
        "What is no file of tensors is refused with what it is",
        arguments: [
            ("hello, world", "is no file of tensors"), ("", "is no file of tensors"),
            ("<!DOCTYPE html><html>", "is a web page"),
            ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
            ("PK\u{3}\u{4}", "directory at the end is missing"),
        ])
    func otherContent(_ text: String, message: String) throws {
        let path = try folder.write(Array(text.utf8), as: "x.pt")
        let error = try tensorFileError { _ = try TensorFile.open(path: path) }
        #expect(error.message.contains(message))
    }

    @Test("A pipe is refused at once instead of being waited for")
    func pipe() throws {
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        let error = try tensorFileError { _ = try TensorFile.open(path: folder.file("pipe")) }
        #expect(error.code == .notAFile)
    }

    @Test("Empty tensors of enormous other sizes pass through every format")
    func emptyTensors() throws {
        let tensor = HostTensor([] as [Float], shape: [0, 1 << 40, 1 << 40])
        let entry = TensorEntry(name: "w", elementType: .float32, shape: tensor.shape)
        try SafetensorsWriter.write([("w", tensor)], to: folder.file("a"))
        try PyTorchWriter.write([entry], to: folder.file("b")) { _ in tensor }
        try PaddleWriter.write([entry], to: folder.file("c")) { _ in tensor }
        for name in ["a", "b", "c"] {
            #expect(try TensorFile.open(path: folder.file(name)).entries == [entry])
        }
    }

    @Test("NumPy arrays in row and column order hold the same numbers")
    func numPyOrder() throws {
        let rows = try TensorFile.open(path: fixture("rows.npy"))
        let columns = try TensorFile.open(path: fixture("columns.npy"))
        #expect(rows.names == ["rows"])
        #expect(rows.entries[0].shape == [2, 3])
        #expect(try rows.tensor(named: "rows").floats() == [0, 1, 2, 3, 4, 5])
        #expect(try columns.tensor(named: "columns").floats() == [0, 1, 2, 3, 4, 5])
        let scalar = try TensorFile.open(path: fixture("scalar.npy"))
        #expect(scalar.entries[0] == TensorEntry(name: "scalar", elementType: .int64, shape: []))
        let archive = try TensorFile.open(path: fixture("arrays.npz"))
        #expect(archive.names == ["rows", "ids"])
        #expect(try archive.tensor(named: "ids").values() == [Int64](arrayLiteral: 1, 2))
    }

    @Test("Big-endian and compressed arrays are refused with a remedy")
    func numPyRefusals() throws {
        var error = try tensorFileError { _ = try TensorFile.open(path: fixture("big-endian.npy")) }
        #expect(error.message.contains("'>f4'"))
        error = try tensorFileError { _ = try TensorFile.open(path: fixture("compressed.npz")) }
        #expect(error.message.contains("numpy.savez"))
        for count in 0..<150 {
            let cut = try Array(bytes(of: fixture("rows.npy"))[..<count])
            let path = try folder.write(cut, as: "cut")
            _ = try tensorFileError { _ = try TensorFile.open(path: path) }
        }
    }

    @Test("What NumPy writes is what is written here", arguments: ["rows", "scalar", "vector"])
    func writesNumPy(_ name: String) throws {
        let path = folder.file("\(name).npy")
        let tensor = try TensorFile.open(path: fixture("\(name).npy")).tensor(named: name)
        try NumPyWriter.write(tensor, to: path)
        let copy = try TensorFile.open(path: path)
        #expect(try difference(copy, TensorFile.open(path: fixture("\(name).npy"))) == nil)
        #expect(try bytes(of: path) == bytes(of: fixture("\(name).npy")))
    }

    @Test("Archives of more entries than 16 bits count are written and read with 64-bit records")
    func manyEntries() throws {
        let path = folder.file("many.zip")
        try AtomicFile.write(to: path) { output in
            var archive = ZipWriter(output)
            for index in 0..<70_000 { try archive.add("\(index)", [UInt8(index & 255)]) }
            try archive.finish()
        }
        let archive = try ZipArchive(file: MappedFile(path: path))
        #expect(archive.entries.count == 70_000)
        let last = try #require(try archive.storedEntry("69999"))
        #expect(try bytes(of: path)[last.range] == [UInt8(69_999 & 255)])
    }

    @Test("One flipped bit of an archive is found, wherever it is, and checksums may be left out")
    func damagedArchive() throws {
        let path = folder.file("a.zip")
        try AtomicFile.write(to: path) { output in
            var archive = ZipWriter(output)
            try archive.add("first", [1, 2, 3, 4])
            try archive.add("second", [5, 6, 7, 8, 9])
            try archive.finish()
        }
        #expect(try TensorFile.verifyChecksums(path: path) == 2)
        let whole = try bytes(of: path)
        for entry in try ZipArchive(file: MappedFile(path: path)).entries {
            for place in entry.range {
                var damaged = whole
                damaged[place] ^= 1 << UInt8(place % 8)
                try folder.write(damaged, as: "b.zip")
                let error = try tensorFileError {
                    _ = try TensorFile.verifyChecksums(path: folder.file("b.zip"))
                }
                #expect(error.tensor == entry.name && "\(error)".contains("CRC-32"))
            }
        }
        // The directory's checksum of the first entry, left out.
        var without = whole
        let record = try #require(
            whole.indices.first { Array(whole[$0...].prefix(4)) == [0x50, 0x4B, 1, 2] })
        for place in record + 16..<record + 20 { without[place] = 0 }
        try folder.write(without, as: "c.zip")
        #expect(try TensorFile.verifyChecksums(path: folder.file("c.zip")) == 1)
        #expect(try TensorFile.verifyChecksums(path: fixture("columns.npy")) == nil)
    }

    @Test("The checksum of the standard's example, in pieces of every length")
    func checksum() {
        let example = Array("123456789".utf8)
        #expect(example.withUnsafeBytes { CRC32.checksum(of: $0) } == 0xCBF4_3926)
        let long = (0..<100).map { UInt8($0) }
        for count in 0...100 {
            var bitwise: UInt32 = .max
            for byte in long[..<count] {
                bitwise ^= UInt32(byte)
                for _ in 0..<8 { bitwise = bitwise >> 1 ^ (bitwise & 1 == 0 ? 0 : 0xEDB8_8320) }
            }
            let fast = long[..<count].withUnsafeBytes { CRC32.checksum(of: $0) }
            #expect(fast == ~bitwise)
        }
    }
}
