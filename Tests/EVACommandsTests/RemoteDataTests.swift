import EVATestSupport
import Foundation
import Testing

/// The command on shards that lie on servers.
@Suite struct RemoteDataTests {
    /// A server of a folder's files, each of which breaks off once in its middle.
    private func server(of folder: TinyFolder) throws -> LoopbackServer {
        let root = folder.file("")
        return try LoopbackServer { request, number in
            let name = request.path.prefix { $0 != "?" }
            guard let data = FileManager.default.contents(atPath: root + name) else {
                return .empty("404 Not Found")
            }
            let reply = LoopbackServer.Reply.part(Array(data), for: request, etag: "\"a\"")
            return number == 3 ? reply.breakingOff(after: data.count / 2) : reply
        }
    }

    @Test(
        "Training from a server gives the weights of training from a disk, and goes on in a shard")
    func train() throws {
        let setup = try StreamedDataTests.Setup()
        try setup.writeShards()
        let run = setup.run
        try run.folder.write("{\"00.tar\": 6, \"01.tar\": 6}", to: "sizes.json")
        let server = try server(of: run.folder)
        let length = ["--num_train_epochs", "2"]
        let disk = ["--train_data", run.folder.file("0{0..1}.tar")] + length
        let afar = ["--train_data", server.address + "/0{0..1}.tar?key=secret"] + length
        for (name, more) in [
            ("disk", disk), ("afar", afar), ("cut", afar + ["--stop_after_steps", "2"]),
            ("cut", afar + ["--resume_from_checkpoint", "latest"]),
        ] {
            let outcome = try EvaclipProcess.run(setup.flags(name, more))
            #expect(outcome.code == 0, "\(name): \(outcome.errors)")
            #expect(!outcome.errors.contains("secret"))
            #expect(outcome.errors.contains("2 shards of 12 samples together"), "\(outcome.errors)")
            #expect(outcome.errors.contains("tried again") == (name == "afar"), "\(outcome.errors)")
        }
        let weights = "open_clip_model.safetensors"
        #expect(try run.bytes("afar/" + weights) == run.bytes("disk/" + weights))
        #expect(try run.bytes("cut/" + weights) == run.bytes("disk/" + weights))
        #expect(server.requests.contains { $0.rangeStart != nil })
        let summary = String(decoding: try run.bytes("afar/data_summary.json"), as: UTF8.self)
        #expect(summary.contains(server.address) && !summary.contains("secret"), "\(summary)")
    }

    @Test("data check and data stats read a list of shards that lies on a server")
    func lists() throws {
        let setup = try StreamedDataTests.Setup()
        try setup.writeShards()
        let folder = setup.run.folder
        try folder.write("00.tar\n01.tar\n", to: "shards.txt")
        let server = try server(of: folder)
        let list = server.address + "/shards.txt"
        let whole = try EvaclipProcess.succeed("data", "check", list)
        #expect(whole.contains("12 samples were read; none is broken"), "\(whole)")
        let local = try EvaclipProcess.succeed("data", "stats", folder.file("0{0..1}.tar"))
        let remote = try EvaclipProcess.succeed("data", "stats", list)
        #expect(remote.split(separator: "\n").count == local.split(separator: "\n").count)

        try folder.write("00.tar\nnone.tar\n01.tar", to: "gap.txt")
        let gap = try EvaclipProcess.run(["data", "check", server.address + "/gap.txt"])
        #expect(gap.code == 1 && gap.output.contains("/none.tar, record 0: "), "\(gap)")
        #expect(gap.output.contains("no such file on the server (404)"), "\(gap)")
    }

    @Test(
        "Objects of a store are read with the keys of the environment, and refused without in one line"
    )
    func store() throws {
        let setup = try StreamedDataTests.Setup()
        try setup.writeShards()
        let root = setup.run.folder.file("")
        let server = try LoopbackServer { request, _ in
            guard request.fields["authorization"]?.contains("Credential=AKID/") == true else {
                return .init(
                    status: "403 Forbidden",
                    body: Array("<Error><Code>AccessDenied</Code></Error>".utf8))
            }
            let name = request.path.dropFirst("/bucket/".count)
            guard let data = FileManager.default.contents(atPath: root + "/" + name) else {
                return .empty("404 Not Found")
            }
            return .part(Array(data), for: request, etag: "\"a\"")
        }
        let words = ["data", "check", "s3://bucket/0{0..1}.tar"]
        let endpoint = "export AWS_ENDPOINT_URL=\(server.address)"
        let keys = endpoint + " AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=hidden"
        let whole = try EvaclipProcess.run(words, shell: keys)
        #expect(whole.code == 0, "\(whole)")
        #expect(whole.output.contains("12 samples were read; none is broken"))
        let refused = try EvaclipProcess.run(words, shell: endpoint)
        #expect(refused.code == 1)
        #expect(
            refused.errors
                == "error: s3://bucket/00.tar: the server refuses it (403 AccessDenied); "
                + "the request was not signed, since there are no keys; set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE\n", "\(refused.errors)")
    }

    @Test("Addresses that cannot be data are refused in one line")
    func refused() throws {
        let server = try LoopbackServer { _, _ in .empty("404 Not Found") }
        for (address, words) in [
            (server.address + "/{00..01}.tar?key=secret", ["/00.tar: no such file on the server"]),
            (server.address + "/list.txt", ["/list.txt: no such file on the server"]),
            ("https://h/pairs.csv?key=secret", ["h/pairs.csv: tables", "bring the file here"]),
            ("gs://bucket/00.tar", ["gs://bucket/00.tar: expected an address of http://"]),
            ("s3://bucket", ["expected s3://BUCKET/KEY"]),
        ] {
            try EvaclipProcess.expectFailure(["data", "check", address], code: 1, words: words)
        }
    }

    @Test("The certificate of a server is verified, against those that SSL_CERT_FILE names")
    func certificates() throws {
        let setup = try StreamedDataTests.Setup()
        try setup.writeShards()
        let folder = setup.run.folder
        try folder.write("{\"00.tar\": 6}", to: "sizes.json")
        try setup.system(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem",
            "-out", "certificate.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "certificate.pem", "-key",
            "key.pem", "-WWW",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.file(""))
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.terminate() }
        var text = ""
        while !text.contains("ACCEPT ") || !text.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "\(text)")
            text += String(decoding: data, as: UTF8.self)
        }
        let port = text.split(separator: "\n").last?.split(separator: ":").last ?? ""
        let words = ["data", "check", "https://localhost:\(port)/00.tar"]
        let refused = try EvaclipProcess.run(words)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("certificate"), "\(refused.errors)")
        #expect(refused.errors.contains("SSL_CERT_FILE names a file"), "\(refused.errors)")
        let trusted = try EvaclipProcess.run(
            words, shell: "export SSL_CERT_FILE='\(folder.file("certificate.pem"))'")
        #expect(trusted.code == 0, "\(trusted)")
        #expect(trusted.output.contains("6 samples were read; none is broken"))
    }
}
