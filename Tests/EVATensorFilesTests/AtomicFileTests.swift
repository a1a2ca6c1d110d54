import Foundation
import Glibc
import Synchronization
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
    }

    @Test("Writing a folder first undoes what a killed process left of it, and touches no other's")
    func recovered() throws {
        let path = folder.file("out")
        func leave(_ owner: ProcessIdentity, of name: String) throws -> String {
            let numbers = [owner.start, owner.place, 7].map { String($0, radix: 36) }
            let item = ".\(name).tmp-\(owner.pid)-" + numbers.joined(separator: "-")
            #expect(mkdir(folder.file(item), 0o777) == 0)
            _ = try folder.write([1], as: item + "/half")
            return item
        }
        let me = ProcessIdentity.current
        // The number of this process, but of one that started at another time: it has ended.
        let dead = ProcessIdentity(pid: me.pid, start: me.start &+ 1, place: me.place)
        let elsewhere = ProcessIdentity(pid: me.pid, start: me.start, place: me.place &+ 1)
        _ = try leave(dead, of: "out")
        let kept = [
            try leave(me, of: "out"), try leave(elsewhere, of: "out"), try leave(dead, of: "other"),
        ]
        // The old folder lost its name, and the new one never came.
        #expect(mkdir(folder.file(".replaced-out"), 0o777) == 0)
        _ = try folder.write([2], as: ".replaced-out/a")
        try AtomicDirectory.recover(path)
        #expect(try bytes(of: path + "/a") == [2])
        #expect(try Set(folder.names) == Set(["out"] + kept))
        // The new one came, and the old one had not gone yet: with something in it, its name could
        // never be taken again.
        #expect(mkdir(folder.file(".replaced-out"), 0o777) == 0)
        _ = try folder.write([3], as: ".replaced-out/a")
        for value: UInt8 in [4, 5] {
            try AtomicDirectory.write(to: path, replacing: true) { temporary in
                try AtomicFile.write([value], to: temporary + "/a")
            }
            #expect(try bytes(of: path + "/a") == [value])
        }
        #expect(try Set(folder.names) == Set(["out"] + kept))
        // Whoever has the folder alone need not wait for other machines.
        try AtomicDirectory.recoverAll(inOwn: folder.path)
        #expect(try Set(folder.names) == ["out", kept[0]])
    }

    @Test("A folder is never without its name while another takes its place")
    func neverAbsent() throws {
        let path = folder.file("out")
        func write() throws {
            try AtomicDirectory.write(to: path, replacing: true) { temporary in
                try AtomicFile.write("x", to: temporary + "/a")
            }
        }
        try write()
        let watcher = Watcher(path)
        for _ in 0..<50 { try write() }
        #expect(watcher.stop() == 0, "the file system of the tests can exchange names")
    }

    /// Looks for a path all the time on another thread, and counts how often it was not there.
    private final class Watcher: Sendable {
        private let state = Mutex((isDone: false, misses: 0))
        private let ended = DispatchSemaphore(value: 0)

        init(_ path: String) {
            let thread = Thread { [self] in
                while !state.withLock({ $0.isDone }) {
                    if access(path, F_OK) != 0 { state.withLock { $0.misses += 1 } }
                }
                ended.signal()
            }
            thread.start()
        }

        func stop() -> Int {
            state.withLock { $0.isDone = true }
            ended.wait()
            return state.withLock { $0.misses }
        }
    }
}
