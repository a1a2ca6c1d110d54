import EVAConfiguration
import EVADownloads
import EVAHTTP
import EVATestSupport
import Foundation
import Testing

@Suite("Published models")
struct ModelPullTests {
    private static let weights = content(50_000)

    private func pull(
        _ name: String, _ publisher: ModelPublisher, _ server: LoopbackServer,
        _ folder: DownloadFolder, _ more: [String: String] = [:]
    ) throws -> ModelPull {
        var environment = more
        environment["EVACLIP_HOME"] = folder.path
        environment["COMMUNITY_MODEL_PREFIX"] = server.address + "/community/"
        environment["HF_ENDPOINT"] = server.address
        var pull = try ModelPull(
            ModelPreset.named(name), from: publisher, environment: environment)
        pull.policy.firstWaitSeconds = 0.01
        pull.policy.attempts = 2
        return pull
    }

    private func files(_ path: String) -> [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
    }

    // The links of the readme in PaddleMIX's paddlemix/examples/evaclip, and the hub's repositories
    // of open_clip's src/open_clip/pretrained.py.
    @Test(
        "The addresses are those that the publishers state",
        arguments: [
            ("EVA01-CLIP-B-14", "eva_giant_patch14_clip_224.laion400m_s11b_b41k"),
            ("EVA01-CLIP-B-14-plus", "eva_giant_patch14_plus_clip_224.merged2b_s11b_b114k"),
            ("EVA02-CLIP-B-16", "eva02_base_patch16_clip_224.merged2b_s8b_b131k"),
            ("EVA02-CLIP-L-14", "eva02_large_patch14_clip_224.merged2b_s4b_b131k"),
            ("EVA02-CLIP-L-14-336", "eva02_large_patch14_clip_336.merged2b_s6b_b61k"),
            ("EVA02-CLIP-bigE-14", "eva02_enormous_patch14_clip_224.laion2b_s4b_b115k"),
            ("EVA02-CLIP-bigE-14-plus", "eva02_enormous_patch14_plus_clip_224.laion2b_s9b_b144k"),
        ])
    func addresses(linkedName: String, repository: String) throws {
        let preset = try ModelPreset.named(linkedName)
        let original = try #require(
            ModelAddresses(preset, from: .paddlemix, environment: [:])?.files.last)
        let prefix = "https://bj.bcebos.com/paddlenlp/models/community/paddlemix/EVA/"
        #expect(original.addresses.contains(prefix + linkedName + "/model_state.pdparams"))
        #expect(original.addresses.first == prefix + preset.name + "/model_state.pdparams")
        let hub = try #require(ModelAddresses(preset, from: .openCLIP, environment: [:])?.files)
        #expect(
            hub.map(\.addresses)
                == ["open_clip_config.json", "open_clip_model.safetensors"].map {
                    ["https://huggingface.co/timm/\(repository)/resolve/main/\($0)"]
                })
    }

    @Test("Every published model has addresses, and a model for trials has none")
    func coverage() throws {
        for preset in ModelPreset.published {
            for publisher in ModelPublisher.allCases {
                #expect(ModelAddresses(preset, from: publisher, environment: [:]) != nil)
            }
        }
        let trial = try #require(ModelPreset.all.first { !$0.isPublished })
        #expect(
            failure { _ = try ModelPull(trial, from: .paddlemix, environment: [:]) }
                .contains("no weights of it are published"))
    }

    @Test("The original's files come as a folder, without those that the server lacks")
    func original() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            switch request.path {
            case "/community/paddlemix/EVA/EVA02-CLIP-B-16/config.json": .file([0x7B, 0x7D])
            case "/community/paddlemix/EVA/EVA02-CLIP-B-16/model_state.pdparams":
                .file(Self.weights)
            case "/community/paddlemix/EVA/EVA02-CLIP-B-16"
                + "/processor/eval/image_preprocessor_config.json":
                .file([0x7B, 0x7D])
            default: .empty("404 Not Found")
            }
        }
        let pull = try pull("EVA02-B-16", .paddlemix, server, folder)
        try pull()
        #expect(pull.folder == folder.path + "/models/EVA02-CLIP-B-16")
        #expect(
            files(pull.folder).filter { $0.contains(".") } == [
                "config.json", "model_state.pdparams",
                "processor/eval/image_preprocessor_config.json",
            ])
        #expect(files(folder.path + "/models").filter { !$0.contains("/") } == ["EVA02-CLIP-B-16"])
        let count = server.requests.count
        try pull()
        #expect(server.requests.count == count)
    }

    @Test("A model that lies under the readme's wrong name is found")
    func linkedName() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            request.path.hasSuffix("/EVA01-CLIP-B-14-plus/model_state.pdparams")
                ? .file(Self.weights) : .empty("404 Not Found")
        }
        let pull = try pull("EVA01-CLIP-g-14-plus", .paddlemix, server, folder)
        try pull()
        #expect(
            files(pull.folder) == [
                "model_state.pdparams", "processor", "processor/eval", "processor/train",
            ])
    }

    @Test("The hub's files come with its token, and their digest is checked")
    func hub() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, number in
            if request.path.hasSuffix("/open_clip_config.json") { return .file([0x7B, 0x7D]) }
            if request.path == "/blob" { return .file(Self.weights) }
            return .empty(
                "302 Found", "Location: /blob", "X-Linked-Size: \(Self.weights.count)",
                "X-Linked-Etag: \"\(String(repeating: "0", count: 64))\"")
        }
        let pull = try pull(
            "paddlemix/EVA/EVA02-CLIP-L-14", .openCLIP, server, folder, ["HF_TOKEN": "t"])
        #expect(failure { try pull() }.contains("sha256"))
        #expect(!FileManager.default.fileExists(atPath: pull.folder))
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == "Bearer t" })
        #expect(
            server.requests.first?.path
                == "/timm/eva02_large_patch14_clip_224.merged2b_s4b_b131k/resolve/main"
                + "/open_clip_config.json")
    }

    @Test("A model takes its name when all of it is there, and a next run brings the rest")
    func interrupted() throws {
        let folder = try DownloadFolder()
        let server = try LoopbackServer { request, _ in
            let isConfiguration = request.path.hasSuffix("config.json")
            return isConfiguration
                ? .file([0x7B, 0x7D], etag: "\"c\"")
                : request.rangeStart == nil
                    ? .file(Self.weights, etag: "\"a\"").breakingOff(after: 20_000)
                    : request.rangeStart == 20_000 && request.fields["x"] == nil
                        ? .part(Self.weights, for: request, etag: "\"a\"") : .empty("500 No")
        }
        let pull = try pull("EVA02-CLIP-B-16", .openCLIP, server, folder)
        var isStopped = false
        let text = failure {
            try pull(
                shouldStop: { isStopped },
                report: { if case .received(20_000, _) = $1 { isStopped = true } })
        }
        #expect(text.contains("stopped"), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: pull.folder))
        try pull(finish: { _ in
            #expect(!FileManager.default.fileExists(atPath: pull.folder))
        })
        #expect(files(pull.folder) == ["open_clip_config.json", "open_clip_model.safetensors"])
        #expect(server.requests.count { $0.path.hasSuffix("config.json") } == 1)
    }

    @Test("What the last check refuses does not become a model")
    func refused() throws {
        struct Refusal: Error {}
        let folder = try DownloadFolder()
        let server = try LoopbackServer { _, _ in .file(Self.weights) }
        let pull = try pull("EVA02-CLIP-B-16", .openCLIP, server, folder)
        #expect(throws: Refusal.self) { try pull(finish: { _ in throw Refusal() }) }
        #expect(pull.cache.existingFolder(of: pull.preset) == nil)
        try pull()
        #expect(pull.cache.existingFolder(of: pull.preset) == pull.folder)
    }

    @Test("The cache is where the environment says")
    func cache() {
        #expect(ModelCache(environment: ["HOME": "/h"]).root == "/h/.cache/evaclip")
        #expect(
            ModelCache(environment: ["HOME": "/h", "XDG_CACHE_HOME": "/x"]).root == "/x/evaclip")
        #expect(
            ModelCache(environment: ["HOME": "/h", "XDG_CACHE_HOME": "", "EVACLIP_HOME": "/e"]).root
                == "/e")
    }
}
