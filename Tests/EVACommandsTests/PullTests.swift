import EVATestSupport
import Foundation
import Testing

@Suite("Downloads through the command")
struct PullTests {
    /// A file of one number, which is enough to be opened.
    private static let weights: [UInt8] = {
        var header = #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        while header.utf8.count % 8 != 0 { header += " " }
        return [UInt8(header.utf8.count)] + [UInt8](repeating: 0, count: 7) + Array(header.utf8)
            + [0, 0, 128, 63]
    }()

    private let folder: TinyFolder

    init() throws { folder = try TinyFolder() }

    /// Shell words that let the command use a server.
    private func environment(_ server: LoopbackServer) -> String {
        "export EVACLIP_HOME='\(folder.file("cache"))' HF_ENDPOINT=\(server.address) "
            + "COMMUNITY_MODEL_PREFIX=\(server.address)"
    }

    private func files(_ name: String) -> [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: folder.file("cache/models/" + name)))
            ?? []).filter { $0.contains(".") || $0.contains("SUMS") }.sorted()
    }

    @Test("A model comes by any of its names and is found by all of them")
    func pullsAndFinds() throws {
        let server = try LoopbackServer { request, _ in
            request.path.hasSuffix("/EVA02-CLIP-B-16/model_state.pdparams")
                ? .file(Self.weights) : .empty("404 Not Found")
        }
        let shell = environment(server)
        let refused = try EvaclipProcess.run(
            ["pull", "EVA02-CLIP-B-16", "--offline"], shell: shell)
        #expect(refused.code == 1 && refused.errors.contains("--offline"), "\(refused)")
        let outcome = try EvaclipProcess.run(
            ["pull", "paddlemix/EVA/EVA02-CLIP-B-16"], shell: shell)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(files("EVA02-CLIP-B-16") == ["SHA256SUMS", "config.json", "model_state.pdparams"])
        let count = server.requests.count
        for name in ["EVA02-B-16", "eva02-clip-b-16"] {
            let again = try EvaclipProcess.run(["pull", name, "--offline"], shell: shell)
            #expect(again.code == 0 && again.errors.contains("already"), "\(again)")
        }
        #expect(server.requests.count == count)
        let list = try EvaclipProcess.run(["pull", "--list"], shell: shell)
        #expect(list.output.contains("models/EVA02-CLIP-B-16\n"), "\(list)")
        // The weights are found, and are not those of the model.
        let use = try EvaclipProcess.run(
            [
                "embed", "--model", "EVA02-B-16", "--output", folder.file("x.safetensors"),
                "--texts", folder.file("texts"),
            ],
            shell: shell + "; echo cat > '\(folder.file("texts"))'")
        #expect(use.code == 1 && use.errors.contains("model_state.pdparams"), "\(use)")
    }

    @Test("A page that says sorry is not taken for weights, and the next run succeeds")
    func damagedWeights() throws {
        let server = try LoopbackServer { request, number in
            if request.path.hasSuffix("config.json") { return .file(Array("{}".utf8)) }
            return .file(number == 1 ? Array("<html>Log in first</html>".utf8) : Self.weights)
        }
        let arguments = ["pull", "EVA02-L-14", "--source", "open_clip"]
        let bad = try EvaclipProcess.run(arguments, shell: environment(server))
        #expect(bad.code == 1 && bad.errors.contains("is a web page"), "\(bad)")
        #expect(files("EVA02-CLIP-L-14") == [])
        let good = try EvaclipProcess.run(arguments, shell: environment(server))
        #expect(good.code == 0, "\(good)")
        #expect(
            files("EVA02-CLIP-L-14") == [
                "SHA256SUMS", "open_clip_config.json", "open_clip_model.safetensors",
            ])
    }

    @Test("Ctrl-C keeps what has come, and the next run goes on from there")
    func interrupted() throws {
        let server = try LoopbackServer { request, _ in
            guard !request.path.hasSuffix("config.json") else { return .file(Array("{}".utf8)) }
            var reply = LoopbackServer.Reply.part(Self.weights, for: request, etag: "\"a\"")
            if request.rangeStart == nil {
                reply.sentCount = 10
                reply.silentSeconds = 20
            }
            return reply
        }
        let arguments = ["pull", "EVA02-L-14", "--source", "open_clip"]
        let process = try EvaclipProcess(arguments, shell: environment(server))
        let part = folder.file(
            "cache/models/EVA02-CLIP-L-14.open_clip.part/open_clip_model.safetensors.part")
        for _ in 0..<1_000 where FileManager.default.contents(atPath: part)?.count != 10 {
            usleep(20_000)
        }
        process.send(SIGINT)
        let outcome = try process.wait()
        #expect(outcome.code == 130 && outcome.errors.contains("goes on from there"), "\(outcome)")
        let next = try EvaclipProcess.run(arguments, shell: environment(server))
        #expect(next.code == 0, "\(next)")
        #expect(server.requests.last?.rangeStart == 10)
    }

    @Test("Proxies of the environment are used, and --offline asks nobody")
    func proxy() throws {
        let proxy = try LoopbackServer { request, _ in
            // The address in full is what a proxy is asked for.
            guard request.path.hasPrefix("http://hub.invalid/timm/") else {
                return .empty("502 No")
            }
            return .file(
                request.path.hasSuffix("config.json") ? Array("{}".utf8) : Self.weights)
        }
        let shell =
            "export EVACLIP_HOME='\(folder.file("cache"))' HF_ENDPOINT=http://hub.invalid "
            + "http_proxy=\(proxy.address)"
        let arguments = ["pull", "EVA02-L-14", "--source", "open_clip"]
        let offline = try EvaclipProcess.run(arguments + ["--offline"], shell: shell)
        #expect(offline.code == 1 && proxy.requests.isEmpty, "\(offline)")
        let outcome = try EvaclipProcess.run(arguments, shell: shell)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(proxy.requests.count == 2)
    }

    @Test("A server that states the largest length there is does not end the program")
    func absurdLength() throws {
        let server = try LoopbackServer { _, _ in
            var reply = LoopbackServer.Reply.file(Self.weights)
            reply.statedLength = "9223372036854775807"
            return reply
        }
        let outcome = try EvaclipProcess.run(
            ["pull", "EVA02-L-14", "--source", "open_clip"], shell: environment(server))
        #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains("9223372036854775807 bytes, expected at most"))
    }

    @Test("A name or a server that is none is told in one line")
    func badInput() throws {
        try EvaclipProcess.expectFailure(
            ["pull", "EVA02-CLIP-B-17"], code: 1, words: ["EVA02-CLIP-B-16"])
        try EvaclipProcess.expectFailure(
            ["pull", "EVA02-CLIP-B-16", "--source", "ftp"], code: 64, words: ["paddlemix"])
        let server = try LoopbackServer { _, _ in .empty("404 Not Found") }
        let outcome = try EvaclipProcess.run(
            ["pull", "EVA02-CLIP-B-16"], shell: environment(server))
        #expect(outcome.code == 1 && outcome.errors.contains("(404)"), "\(outcome)")
        #expect(outcome.errorLines.count == 1)
    }
}
