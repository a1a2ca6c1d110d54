import EVATestSupport
import Foundation
import Testing

@testable import EVAHTTP

/// Objects of stores that speak S3: where they are, who asks, and whether the store believes it.
@Suite("Objects of S3")
struct S3Tests {
    private static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    private static let file = content(600_000)

    @Test("The signature that tests compute is the one that AWS publishes for its example")
    func published() {
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let request = LoopbackServer.Request(
            path: "/test.txt",
            fields: [
                "host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9",
                "x-amz-content-sha256": digest, "x-amz-date": "20130524T000000Z",
                "authorization": "AWS4-HMAC-SHA256 "
                    + "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=?",
            ])
        #expect(
            AWSSignature(secretKey: Self.secret).expected(for: request)
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test(
        "Requests are signed as a store expects, whatever the name, and in the middle of a file too",
        arguments: [
            "shards/00000.tar", "a b+c/\u{E9}\u{65E5}/~x-_.tar", "a//b/../c.tar", "100%/(1)'!*.tar",
            "q?versionId=1&x=#y.tar", "=;:@,$.tar",
        ], [nil, "token+/=="])
    func signed(key: String, token: String?) throws {
        let server = try LoopbackServer { request, number in
            let stated = AWSSignature.parameters(of: request)?["Signature"]
            guard let stated,
                stated == AWSSignature(secretKey: Self.secret).expected(for: request)
            else { return Self.failure("403 Forbidden", code: "SignatureDoesNotMatch") }
            let reply = LoopbackServer.Reply.part(Self.file, for: request, etag: "\"a\"")
            return number == 0 ? reply.breakingOff(after: 200_000) : reply
        }
        var environment = [
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": Self.secret,
            "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": server.address + "/",
        ]
        environment["AWS_SESSION_TOKEN"] = token
        let remote = try open("s3://bucket/\(key)", environment: environment)
        #expect(try remote.all() == Self.file)
        #expect(server.requests.map(\.rangeStart) == [nil, 200_000])
        for request in server.requests {
            let stated = AWSSignature.parameters(of: request)
            let names = stated?["SignedHeaders"]?.split(separator: ";").map(String.init) ?? []
            for name in request.fields.keys where name.hasPrefix("x-amz-") || name == "host" {
                #expect(names.contains(name), "\(name) is not signed")
            }
            #expect(stated?["Credential"]?.hasPrefix("AKID/") == true)
            #expect(stated?["Credential"]?.hasSuffix("/eu-west-1/s3/aws4_request") == true)
            #expect(request.fields["x-amz-security-token"] == token)
            #expect(request.path.hasPrefix("/bucket/") && !request.path.contains("?"))
            #expect(request.path.removingPercentEncoding == "/bucket/" + key)
        }
    }

    @Test("Keys go to the store that was asked, and not where it sends")
    func redirected() throws {
        let other = try LoopbackServer { _, _ in .file(Self.file) }
        let server = try LoopbackServer { _, _ in
            .empty("307 Temporary Redirect", "Location: \(other.address)/elsewhere")
        }
        let environment = [
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL": server.address,
        ]
        #expect(try open("s3://b/k.tar", environment: environment).all() == Self.file)
        #expect(server.requests.first?.fields["authorization"] != nil)
        let sent = other.requests.first?.fields ?? [:]
        #expect(sent["authorization"] == nil)
        #expect(sent.keys.allSatisfy { !$0.hasPrefix("x-amz-") }, "\(sent)")
    }

    @Test(
        "Refusals say what helps and no secret",
        arguments: [
            (
                "403 Forbidden", "AccessDenied", true,
                "(403 AccessDenied); these keys may not read it"
            ),
            ("403 Forbidden", "AccessDenied", false, "the request was not signed"),
            ("403 Forbidden", "RequestTimeTooSkewed", true, "set the clock"),
            ("400 Bad Request", "ExpiredToken", true, "get new keys"),
            ("403 Forbidden", "SignatureDoesNotMatch", true, "check AWS_ACCESS_KEY_ID"),
            ("301 Moved Permanently", "PermanentRedirect", true, "set AWS_REGION"),
            ("404 Not Found", "NoSuchBucket", true, "(404 NoSuchBucket)"),
        ])
    func refused(status: String, code: String, hasKeys: Bool, words: String) throws {
        let server = try LoopbackServer { _, _ in Self.failure(status, code: code) }
        var environment = ["AWS_ENDPOINT_URL_S3": server.address, "AWS_ENDPOINT_URL": "http://no"]
        if hasKeys {
            environment["AWS_ACCESS_KEY_ID"] = "AKID"
            environment["AWS_SECRET_ACCESS_KEY"] = "hidden"
        }
        let error = remoteError { _ = try open("s3://bucket/k.tar", environment: environment) }
        #expect(error?.place == "s3://bucket/k.tar")
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.message.contains("hidden") == false)
        #expect(server.requests.count == 1)
        #expect((server.requests[0].fields["authorization"] != nil) == hasKeys)
        let busy = try LoopbackServer { _, number in
            number == 0 ? Self.failure("503 No", code: "SlowDown") : .file(Self.file)
        }
        environment["AWS_ENDPOINT_URL_S3"] = busy.address
        #expect(try open("s3://bucket/k.tar", environment: environment).all() == Self.file)
    }

    @Test("Objects of AWS itself are asked for under the host of their bucket where there is one")
    func addresses() throws {
        func url(_ bucket: String, _ environment: [String: String] = [:]) throws -> String {
            try S3Settings(environment: environment).url(bucket: bucket, key: "a b/c.tar")
        }
        #expect(try url("data") == "https://data.s3.us-east-1.amazonaws.com/a%20b/c.tar")
        #expect(
            try url("data", ["AWS_DEFAULT_REGION": "eu-west-3"])
                == "https://data.s3.eu-west-3.amazonaws.com/a%20b/c.tar")
        #expect(
            try url("data", ["AWS_DEFAULT_REGION": "eu-west-3", "AWS_REGION": "cn-north-1"])
                == "https://data.s3.cn-north-1.amazonaws.com.cn/a%20b/c.tar")
        for bucket in ["my.data", "Data", "my_data", "ab"] {
            #expect(
                try url(bucket) == "https://s3.us-east-1.amazonaws.com/\(bucket)/a%20b/c.tar")
        }
        #expect(
            try url("data", ["AWS_ENDPOINT_URL": "https://store:9000/x/"])
                == "https://store:9000/x/data/a%20b/c.tar")
    }

    @Test("Keys come from the environment, else from the profile's files")
    func profiles() throws {
        let folder = NSTemporaryDirectory() + "/evahttp-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder + "/.aws", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try """
        # keys
        [default]
        aws_access_key_id = A1
        aws_secret_access_key=S1
        [work]\r
        aws_access_key_id = A2\r
        aws_secret_access_key = S=2\r
        aws_session_token = T2
        [half]
        aws_access_key_id = A3
        """.write(toFile: folder + "/.aws/credentials", atomically: true, encoding: .utf8)
        try """
        [default]
        region = eu-north-1
        [profile work]
        region = eu-west-2
        s3 =
          addressing_style = path
        endpoint_url = http://store:1
        [profile role]
        role_arn = arn:aws:iam::1:role/x
        """.write(toFile: folder + "/.aws/config", atomically: true, encoding: .utf8)
        func settings(_ more: [String: String]) throws -> S3Settings {
            try S3Settings(environment: more.merging(["HOME": folder]) { $1 })
        }
        let usual = try settings([:])
        #expect(usual.credentials == .init(accessKey: "A1", secretKey: "S1"))
        #expect(usual.region == "eu-north-1" && usual.endpoint == nil)
        let work = try settings(["AWS_PROFILE": "work"])
        #expect(
            work.credentials == .init(accessKey: "A2", secretKey: "S=2", sessionToken: "T2"))
        #expect(work.region == "eu-west-2" && work.endpoint == "http://store:1")
        let given = try settings([
            "AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S",
            "AWS_REGION": "x-1",
        ])
        #expect(given.credentials == .init(accessKey: "A", secretKey: "S") && given.region == "x-1")
        let elsewhere = try settings(["AWS_SHARED_CREDENTIALS_FILE": "/nowhere"])
        #expect(elsewhere.credentials == nil)

        for (environment, words) in [
            (["AWS_PROFILE": "none"], "none is neither in"),
            (["AWS_PROFILE": "half"], "AWS_SECRET_ACCESS_KEY: is missing in"),
            (["AWS_PROFILE": "role"], "has role_arn and no keys"),
            (["AWS_ACCESS_KEY_ID": "A"], "AWS_SECRET_ACCESS_KEY: is missing in the environment"),
            (["AWS_SECRET_ACCESS_KEY": "hidden"], "AWS_ACCESS_KEY_ID: is missing"),
            (["AWS_REGION": "eu west/1"], "is no region"),
            (["AWS_ENDPOINT_URL": "store:9000"], "expected an address such as"),
            (["AWS_ENDPOINT_URL": "https://u:hidden@store"], "without keys in it"),
            (
                ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "hid den"],
                "hold blanks"
            ),
        ] {
            let error = remoteError { _ = try settings(environment) }
            #expect(error?.code == .unusable)
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            #expect(error?.description.contains("hid") == false)
        }
    }

    private static func failure(_ status: String, code: String) -> LoopbackServer.Reply {
        .init(
            status: status,
            body: Array(
                "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>m</Message></Error>"
                    .utf8))
    }
}
