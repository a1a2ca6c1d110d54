import Foundation
import Testing

@testable import EVATensorFiles

@Suite("FolderChecksums")
struct FolderChecksumsTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    // FIPS 180-4's examples, and Python's hashlib for the last.
    @Test(
        "Digests are those of the standard, in one piece, in many and out of a file",
        arguments: [
            ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
            (
                "abcdefg", 400_000,
                "b6c18bcdc80dde67ea6f9a28ea690effe372ba707416ae8846f9f0a21089d83f"
            ),
        ])
    func digests(text: String, repetitions: Int, expected: String) throws {
        let bytes = Array(String(repeating: text, count: repetitions).utf8)
        #expect(bytes.withUnsafeBytes { SHA256.digest(of: $0) }.description == expected)
        let hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: 4_099) {
            bytes[start..<min(start + 4_099, bytes.count)].withUnsafeBytes { hash.update($0) }
        }
        #expect(hash.digest() == SHA256Digest(hexadecimal: expected.uppercased()))
        let path = try folder.write(bytes, as: "a")
        #expect(try SHA256.digest(ofFile: path).description == expected)
    }

    @Test("A digest in the middle does not end the computation")
    func digestInTheMiddle() {
        let hash = SHA256()
        Array("a".utf8).withUnsafeBytes { hash.update($0) }
        let first = hash.digest()
        Array("bc".utf8).withUnsafeBytes { hash.update($0) }
        let whole = Array("abc".utf8).withUnsafeBytes { SHA256.digest(of: $0) }
        #expect(hash.digest() == whole)
        #expect(first != whole)
    }

    @Test("What is no digest is refused")
    func noDigest() {
        #expect(SHA256Digest(hexadecimal: "") == nil)
        #expect(SHA256Digest(hexadecimal: String(repeating: "0", count: 63)) == nil)
        #expect(SHA256Digest(hexadecimal: String(repeating: "0", count: 65)) == nil)
        #expect(SHA256Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
        #expect(SHA256Digest(hexadecimal: String(repeating: "\u{e9}", count: 32)) == nil)
    }

    /// A folder with two files, one of them in a folder of its own and with an awkward name.
    private func fill() throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("sub"), withIntermediateDirectories: true)
        try folder.write([1, 2, 3], as: "model.bin")
        try folder.write([4], as: "sub/back\\slash and\r\nline")
        try folder.write([5], as: ".hidden")
        try FolderChecksums(folder: folder.path).write(into: folder.path)
    }

    @Test("A folder's list verifies the folder, and sha256sum accepts it")
    func roundTrip() throws {
        try fill()
        let list = try #require(try FolderChecksums(listIn: folder.path))
        #expect(list.digests.keys.sorted() == ["model.bin", "sub/back\\slash and\r\nline"])
        try list.verify(folder.path)
        #expect(try FolderChecksums(folder: folder.path) == list)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
        process.arguments = ["--check", "--strict", "--status", FolderChecksums.fileName]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("Every damaged and every missing file is named, on one line")
    func damage() throws {
        try fill()
        let list = try #require(try FolderChecksums(listIn: folder.path))
        try folder.write([1, 2, 4], as: "model.bin")
        try FileManager.default.removeItem(atPath: folder.file("sub/back\\slash and\r\nline"))
        let error = try #require(
            #expect(throws: ChecksumError.self) { try list.verify(folder.path) })
        #expect(error.faults.map(\.file) == ["model.bin", "sub/back\\slash and\r\nline"])
        #expect(error.description.contains("2 of 2 files"))
        #expect(error.description.contains("model.bin is damaged"))
        #expect(error.description.contains("is missing"))
        #expect(!error.description.contains("\n"))
    }

    @Test("A folder without a list has none; other files do not matter")
    func noList() throws {
        #expect(try FolderChecksums(listIn: folder.path) == nil)
        try fill()
        try folder.write([9], as: "notes.txt")
        try #require(try FolderChecksums(listIn: folder.path)).verify(folder.path)
    }

    @Test(
        "A list that is not as sha256sum writes it is refused",
        arguments: [
            "no digest", String(repeating: "0", count: 64),
            String(repeating: "0", count: 64) + " name",
            String(repeating: "0", count: 64) + "  ",
            String(repeating: "0", count: 64) + "  /etc/passwd",
            String(repeating: "0", count: 64) + "  a/../../b",
            "\\" + String(repeating: "0", count: 64) + "  a\\x",
            String(repeating: "0", count: 64) + "  a\n" + String(repeating: "1", count: 64) + "  a",
        ])
    func malformed(text: String) throws {
        try folder.write(Array(text.utf8), as: FolderChecksums.fileName)
        let error = try tensorFileError { _ = try FolderChecksums(listIn: folder.path) }
        #expect(error.code == .malformed)
        #expect(error.message.contains("line "))
    }

    @Test("A folder or nothing where a file is expected is an error")
    func noFile() throws {
        #expect(
            try tensorFileError { _ = try SHA256.digest(ofFile: folder.path) }.code == .notAFile)
        let missing = folder.file("none")
        #expect(try tensorFileError { _ = try SHA256.digest(ofFile: missing) }.code == .notFound)
    }
}
