import EVAData
import EVATestSupport
import Foundation
import Testing

@Suite("COCO comes where it is missing")
struct COCODownloadTests {
    private let run: TinyRun
    private var folder: TinyFolder { run.folder }

    init() throws { run = try TinyRun() }

    /// An archive in the form of the original's.
    private func archive() throws -> [UInt8] {
        try ShapesExporter(
            imageSize: 32, trainingCount: 12, validationCount: 1, picturesPerClass: 1
        ).write(to: folder.file("made/coco"))
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/bin/tar")
        tar.arguments = ["-C", folder.file("made"), "-cf", folder.file("coco.tar"), "coco"]
        try tar.run()
        tar.waitUntilExit()
        return [UInt8](try run.bytes("coco.tar"))
    }

    /// Shell words for a server that has another archive than the original's.
    private func environment(_ server: LoopbackServer, _ archive: [UInt8]) throws -> String {
        let path = folder.file("digested.tar")
        try Data(archive).write(to: URL(fileURLWithPath: path))
        return "export EVACLIP_COCO_URL=\(server.address)/coco.tar; "
            + "export EVACLIP_COCO_MD5=$(/usr/bin/md5sum '\(path)' | /usr/bin/cut -c1-32)"
    }

    private func flags(_ more: [String] = []) throws -> [String] {
        let model = try folder.writeModel(vocabularySize: 49408, to: "words.json")
        return run.flags(
            "out",
            [
                "--model", model, "--task_name", "coco_clip", "--max_steps", "2",
                "--warmup_steps", "0", "--data_root", folder.file("data"),
            ] + more)
    }

    @Test("A run brings it, unpacks it and trains on it, though the connection breaks")
    func downloads() throws {
        let archive = try archive()
        try FileManager.default.createDirectory(
            atPath: folder.file("data"), withIntermediateDirectories: true)
        let server = try LoopbackServer { request, number in
            let reply = LoopbackServer.Reply.part(archive, for: request, etag: "\"a\"")
            return number == 0 ? reply.breakingOff(after: archive.count / 2) : reply
        }
        let shell = try environment(server, archive)
        let outcome = try EvaclipProcess.run(flags(), shell: shell)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(server.requests.map(\.rangeStart) == [nil, archive.count / 2])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.file("data")).sorted()
                == ["annotations", "images"])
        #expect(run.lines("out/metrics.jsonl").count == 1)
        let again = try EvaclipProcess.run(
            flags(["--output_dir", folder.file("two")]), shell: shell)
        #expect(again.code == 0 && server.requests.count == 2, "\(again)")
    }

    @Test("Nothing is downloaded where that is not wished, or into data of one's own")
    func refuses() throws {
        let data = folder.file("data")
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: true)
        try EvaclipProcess.expectFailure(
            flags(["--download", "false"]), code: 1, words: [data, "annotations/", "--download"])
        try folder.write("[]", to: "data/annotations/coco_karpathy_train.json")
        try EvaclipProcess.expectFailure(flags(), code: 1, words: [data + "/images"])
    }

    @Test("An archive of something else is refused, and stays away from the data")
    func otherArchive() throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("data"), withIntermediateDirectories: true)
        let page = Array("<html>sorry</html>".utf8) + [UInt8](repeating: 1, count: 1_000)
        let server = try LoopbackServer { _, _ in .file(page) }
        let outcome = try EvaclipProcess.run(flags(), shell: environment(server, page))
        #expect(outcome.code == 1 && outcome.errors.contains("tar archive"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("data/images")))
    }

    @Test("A mirror's archive must have the original's MD5, unless another one is named")
    func digest() throws {
        let archive = try archive()
        try FileManager.default.createDirectory(
            atPath: folder.file("data"), withIntermediateDirectories: true)
        let server = try LoopbackServer { _, _ in .file(archive) }
        let shell = "export EVACLIP_COCO_URL=\(server.address)/coco.tar"
        let outcome = try EvaclipProcess.run(flags(), shell: shell)
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errors.contains("expected e670ce82b14b3f45d08c9370808ee1e7"), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("data/images")))
        let typo = try EvaclipProcess.run(flags(), shell: shell + " EVACLIP_COCO_MD5=e670")
        #expect(typo.code == 64 && typo.errors.contains("32 hexadecimal digits"), "\(typo)")
    }
}
