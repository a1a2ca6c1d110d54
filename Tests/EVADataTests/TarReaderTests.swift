import EVAData
import Foundation
import Testing

/// Archives are made by the system's tar and gzip.
@Suite("Tar archives")
struct TarReaderTests {
    private static let longName = String(repeating: "folder-of-some-length/", count: 12) + "z.bin"

    /// Files of several sizes below `in/`, packed in one of tar's formats.
    private func archive(_ format: String, in folder: TemporaryFolder) throws -> String {
        for (name, size) in [("a.txt", 5), ("empty", 0), ("block", 512), (Self.longName, 70_000)] {
            try folder.write(content(size), to: "in/" + name)
        }
        let path = folder.path + "/\(format).tar"
        try run(
            "tar", "--format=\(format)", "-C", folder.path + "/in", "-cf", path, "a.txt", "empty",
            "block", Self.longName, "folder-of-some-length")
        return path
    }

    private func content(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    @Test("Members of every form come with name, size and content", arguments: ["gnu", "pax"])
    func members(format: String) throws {
        let folder = try TemporaryFolder()
        let reader = try TarReader(path: archive(format, in: folder))
        var files: [String: Int] = [:]
        var folders = 0
        while let member = try reader.next() {
            switch member.kind {
            case .file:
                files[member.name] = member.size
                #expect(try reader.read(upTo: 1 << 20) == content(member.size))
                #expect(try reader.read(upTo: 1).isEmpty)
            case .folder: folders += 1
            case .other, .sparseFile: break
            }
        }
        #expect(files == ["a.txt": 5, "empty": 0, "block": 512, Self.longName: 70_000])
        #expect(folders == 12)
        #expect(try reader.next() == nil)
    }

    @Test("A ustar name is put together from its two fields")
    func ustar() throws {
        let folder = try TemporaryFolder()
        let name = String(repeating: "d", count: 90) + "/" + String(repeating: "f", count: 90)
        try folder.write("x", to: "in/" + name)
        let path = folder.path + "/u.tar"
        try run("tar", "--format=ustar", "-C", folder.path + "/in", "-cf", path, name)
        #expect(try TarReader(path: path).next()?.name == name)
    }

    @Test("Content that nobody reads is passed over, and offsets lead to it")
    func offsets() throws {
        let folder = try TemporaryFolder()
        let path = try archive("gnu", in: folder)
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        let reader = try TarReader(path: path)
        var sizes: [Int] = []
        while let member = try reader.next() {
            guard member.kind == .file else { continue }
            sizes.append(member.size)
            #expect(
                Array(bytes[member.offset..<member.offset + member.size]) == content(member.size))
        }
        #expect(sizes == [5, 0, 512, 70_000])
    }

    @Test("An archive packed with gzip in several pieces reads as the plain one")
    func packed() throws {
        let folder = try TemporaryFolder()
        let plain = try archive("gnu", in: folder)
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: plain)))
        var packed: [UInt8] = []
        for (index, piece) in [bytes[..<1000], bytes[1000...]].enumerated() {
            let path = try folder.write(Array(piece), to: "piece-\(index)")
            try run("gzip", path)
            packed += try Array(Data(contentsOf: URL(fileURLWithPath: path + ".gz")))
        }
        let path = try folder.write(packed, to: "any-name")
        #expect(try names(in: TarReader(path: path)) == names(in: TarReader(path: plain)))
        let cut = try folder.write(Array(packed.dropLast(100)), to: "cut.tar.gz")
        #expect(errorText { try names(in: TarReader(path: cut)) }?.contains("cut short") == true)
    }

    @Test("A large number in GNU's form is read as the size")
    func largeNumbers() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/sparse"
        // 9 GiB of nothing: the size does not fit the octal field.
        try run("truncate", "-s", "9G", path)
        let packed = try run(
            "sh", "-c", "tar --format=gnu -C \(folder.path) -cf - sparse | head -c 1024")
        let archive = try folder.write(packed, to: "large.tar")
        let reader = try TarReader(path: archive)
        #expect(try reader.next()?.size == 9 << 30)
        #expect(errorText { try reader.next() }?.contains("cut short") == true)
    }

    @Test("A cut or damaged archive ends in an error that says where")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let bytes = try Array(
            Data(contentsOf: URL(fileURLWithPath: archive("gnu", in: folder))))
        for (name, changed, words) in [
            ("middle of content", Array(bytes[..<2600]), "cut short"),
            ("middle of header", Array(bytes[..<1300]), "the middle of a header"),
            ("no end mark", Array(bytes[..<1024]), "without the mark"),
            ("checksum", Array(bytes[..<3]) + [65] + bytes[4...], "byte 0: "),
            ("no archive", Array("hello".utf8), "no tar archive"),
        ] {
            let path = try folder.write(changed, to: name)
            let text = errorText { try names(in: TarReader(path: path), reading: true) }
            #expect(text?.contains(words) == true, "\(name): \(text ?? "no error")")
            #expect(text?.hasPrefix(path) == true)
        }
    }

    @Test("No change of a byte crashes the reader")
    func mutations() throws {
        let folder = try TemporaryFolder()
        let bytes = try Array(
            Data(contentsOf: URL(fileURLWithPath: archive("pax", in: folder))))
        var lots = SplitMix64(hashing: 3)
        for _ in 0..<100 {
            var changed = bytes
            for _ in 0..<1 + lots.below(4) {
                changed[lots.below(min(bytes.count, 6000))] = UInt8(lots.below(256))
            }
            let path = try folder.write(changed, to: "changed.tar")
            _ = errorText { try names(in: TarReader(path: path), reading: true) }
        }
    }

    private func names(in reader: TarReader, reading: Bool = false) throws -> [String] {
        var names: [String] = []
        while let member = try reader.next() {
            names.append(member.name)
            if reading { _ = try reader.read(upTo: member.size) }
        }
        return names
    }
}

/// Runs a program of the system and tells what it writes.
@discardableResult
func run(_ words: String...) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(words)")
    return Array(bytes)
}
