import Foundation
import Glibc
import Testing

@testable import EVATensorFiles

@Suite("AtomicFile")
struct AtomicFileTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private struct Interruption: Error {}

    @Test("A file is written and replaced, and no temporary file stays")
    func replaces() throws {
        let path = folder.file("a")
        try AtomicFile.write("first", to: path)
        try AtomicFile.write("second", to: path)
        #expect(try bytes(of: path) == Array("second".utf8))
        #expect(try folder.names == ["a"])
    }

    @Test("Small and large pieces arrive in order")
    func pieces() throws {
        let path = folder.file("a")
        var expected: [UInt8] = []
        try AtomicFile.write(to: path) { output in
            for size in [3, 70_000, 1, 65_535, 2, 65_536, 0, 200_000, 5] {
                let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 + size) }
                try output.write(piece)
                expected += piece
                #expect(output.count == expected.count)
            }
        }
        #expect(try bytes(of: path) == expected)
    }

    @Test("When writing fails half-way, the old file stays whole and nothing else is left")
    func interrupted() throws {
        let path = try folder.write([1, 2, 3], as: "a")
        #expect(throws: Interruption.self) {
            try AtomicFile.write(to: path) { output in
                try output.write([UInt8](repeating: 9, count: 100_000))
                throw Interruption()
            }
        }
        #expect(try bytes(of: path) == [1, 2, 3])
        #expect(try folder.names == ["a"])
    }

    @Test("A folder, a device and a missing folder are refused")
    func refusals() throws {
        var error = try tensorFileError { try AtomicFile.write("x", to: folder.path) }
        #expect(error.code == .notAFile)
        error = try tensorFileError { try AtomicFile.write("x", to: "/dev/full") }
        #expect(error.code == .notAFile)
        error = try tensorFileError { try AtomicFile.write("x", to: folder.file("none/a")) }
        #expect(error.code == .notFound)
        #expect(error.message.contains("create it"))
    }

    @Test("A symbolic link stays, and the file behind it is replaced")
    func followsLink() throws {
        let target = try folder.write([1], as: "target")
        let link = folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        try AtomicFile.write([2], to: link)
        #expect(try bytes(of: target) == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    }

    @Test(
        "On a full disk the old file stays whole, the temporary one goes, and the error says so",
        .enabled(if: geteuid() == 0, "needs root to mount a small disk"))
    func fullDisk() throws {
        // A machine may forbid even root to mount; then there is nothing to test with.
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=1m") == 0 else { return }
        defer { umount(folder.path) }
        let path = try folder.write([1, 2, 3], as: "a")
        let tensor = HostTensor([Float](repeating: 1, count: 1 << 20), shape: [1 << 20])
        let error = try tensorFileError { try SafetensorsWriter.write([("w", tensor)], to: path) }
        #expect(error.code == .diskFull)
        #expect(error.path == path)
        #expect(error.message.contains("No space left"))
        #expect(try bytes(of: path) == [1, 2, 3])
        #expect(try folder.names == ["a"])
    }

    @Test("A folder appears whole, replaces nothing, and leaves nothing when it fails")
    func directory() throws {
        let path = folder.file("checkpoint")
        try AtomicDirectory.write(to: path) { temporary in
            try AtomicFile.write("x", to: temporary + "/a")
            #expect(mkdir(temporary + "/sub", 0o777) == 0)
            try AtomicFile.write("y", to: temporary + "/sub/b")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
        #expect(try bytes(of: path + "/sub/b") == Array("y".utf8))
        #expect(try folder.names == ["checkpoint"])

        let error = try tensorFileError { try AtomicDirectory.write(to: path) { _ in } }
        #expect(error.code == .alreadyExists)
        #expect(throws: Interruption.self) {
            try AtomicDirectory.write(to: folder.file("other")) { temporary in
                try AtomicFile.write("x", to: temporary + "/a")
                throw Interruption()
            }
        }
        #expect(try folder.names == ["checkpoint"])
        #expect(try bytes(of: path + "/a") == Array("x".utf8))
    }

    @Test(
        "A folder that is replaced stays until the new one is whole, and comes back if it never is")
    func replacedDirectory() throws {
        let path = folder.file("checkpoint")
        func write(_ text: String, failing: Bool = false) throws {
            try AtomicDirectory.write(to: path, replacing: true) { temporary in
                try AtomicFile.write(text, to: temporary + "/a")
                #expect(FileManager.default.fileExists(atPath: path) == (text != "first"))
                if failing { throw Interruption() }
            }
        }
        try write("first")
        try write("second")
        #expect(try bytes(of: path + "/a") == Array("second".utf8))
        #expect(throws: Interruption.self) { try write("third", failing: true) }
        #expect(try bytes(of: path + "/a") == Array("second".utf8))
        #expect(try folder.names == ["checkpoint"])
        // As if the process had ended after the old folder lost its name.
        #expect(rename(path, folder.file(".replaced-checkpoint")) == 0)
        try AtomicDirectory.restoreReplaced(in: folder.path)
        #expect(try folder.names == ["checkpoint"])
        #expect(try bytes(of: path + "/a") == Array("second".utf8))
        // And after the new one took it.
        #expect(mkdir(folder.file(".replaced-checkpoint"), 0o777) == 0)
        try AtomicDirectory.restoreReplaced(in: folder.path)
        #expect(try folder.names == ["checkpoint"])
    }
}
