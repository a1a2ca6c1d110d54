import EVAData
import Foundation
import Testing

@Suite("Unpacking of archives")
struct TarExtractorTests {
    /// An archive of members in POSIX's form: name, type, content.
    private func archive(_ members: [(String, Character, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, type, content) in members {
            var block = [UInt8](repeating: 0, count: 512)
            func put(_ text: String, _ offset: Int) {
                block.replaceSubrange(offset..<(offset + text.utf8.count), with: Array(text.utf8))
            }
            put(name, 0)
            put("0000644\0", 100)
            put(String(format: "%011o", content.utf8.count), 124)
            put("        ", 148)
            put(String(type), 156)
            put("ustar\0" + "00", 257)
            put(String(format: "%06o\0 ", block.reduce(0) { $0 + Int($1) }), 148)
            bytes += block + Array(content.utf8)
            bytes += [UInt8](repeating: 0, count: (512 - content.utf8.count % 512) % 512)
        }
        return bytes + [UInt8](repeating: 0, count: 1024)
    }

    private func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("Files and folders come out, without the archive's outermost folder")
    func unpacks() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            archive([
                ("./coco/", "5", ""), ("coco/images/1.jpg", "0", "one"),
                ("coco/empty", "0", ""), ("other/2", "0", "two"),
            ]), to: "a.tar")
        let target = folder.path + "/out"
        #expect(try TarExtractor(into: target, leavingAway: "coco").unpack(path) == 3)
        #expect(text(target + "/images/1.jpg") == "one")
        #expect(text(target + "/empty") == "")
        #expect(text(target + "/other/2") == "two")
    }

    @Test("An unpacking goes on where it stopped, and mends a file that was cut")
    func resumes() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            archive([("1", "0", "one"), ("2", "0", "two"), ("3", "0", "three")]), to: "a.tar")
        let target = folder.path + "/out"
        var asked = 0
        let stopped = try TarExtractor(into: target).unpack(
            path,
            shouldStop: {
                asked += 1
                return asked > 2
            })
        #expect(stopped == nil)
        try folder.write("ONE", to: "out/1")
        try folder.write("t", to: "out/2")
        #expect(try TarExtractor(into: target).unpack(path) == 3)
        #expect(text(target + "/1") == "ONE", "a file of the right size was written again")
        #expect(text(target + "/2") == "two")
        #expect(text(target + "/3") == "three")
    }

    @Test(
        "A member that leads out of the folder, or is no file, is refused and nothing of it written",
        arguments: [
            ("../evil", "0"), ("a/../../evil", "0"), ("/evil", "0"), ("link", "2"), ("link", "1"),
            ("device", "3"),
        ])
    func refuses(name: String, type: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            archive([(name, type.first ?? "0", ""), ("after", "0", "x")]), to: "a.tar")
        let target = folder.path + "/out"
        let error = errorText { try TarExtractor(into: target).unpack(path) }
        #expect(error?.contains(name) == true, "\(error ?? "nothing")")
        #expect(
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
                == ["a.tar", "out"])
    }

    @Test("A link that lies where a file belongs is replaced, not followed")
    func links() throws {
        let folder = try TemporaryFolder()
        let outside = try folder.write("precious", to: "outside")
        try folder.write("", to: "out/x")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/out/1", withDestinationPath: outside)
        let path = try folder.write(archive([("1", "0", "one")]), to: "a.tar")
        #expect(try TarExtractor(into: folder.path + "/out").unpack(path) == 1)
        #expect(text(outside) == "precious")
        #expect(text(folder.path + "/out/1") == "one")
    }
}
