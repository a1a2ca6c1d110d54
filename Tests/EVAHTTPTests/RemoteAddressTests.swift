import EVAHTTP
import EVATestSupport
import Testing

@Suite("Addresses of files on servers")
struct RemoteAddressTests {
    @Test("Addresses are told from paths, and shown without what is secret")
    func shown() throws {
        for path in ["a/b.tar", "/x://y", "://x", "tensors:x", "a-b/c://d", "C:\\x"] {
            #expect(!RemoteAddress.isAddress(path), "\(path)")
        }
        for (text, shown) in [
            ("https://h/a.tar", "https://h/a.tar"),
            ("HTTPS://u:p@h:1/a.tar?sig=x#y", "HTTPS://h:1/a.tar"),
            ("http://u:p@x@h/a@b.tar", "http://h/a@b.tar"),
            ("s3://b/a?b#c.tar", "s3://b/a?b#c.tar"),
        ] {
            #expect(RemoteAddress.isAddress(text))
            #expect(try RemoteAddress(text).shown == shown)
        }
    }

    @Test("What is no address of a file is refused in words, without its secrets")
    func faults() {
        for (text, words) in [
            ("gs://b/x.tar", "expected an address of http://, https:// or s3://"),
            ("ftp://u:hidden@h/x.tar", "ftp://h/x.tar: expected"), ("s3://b", "s3://BUCKET/KEY"),
            ("s3:///k", "s3://BUCKET/KEY"), ("s3://b/", "s3://BUCKET/KEY"),
            ("s3://u:p@b/k", "no name of a bucket"), ("https:///x", "names no host"),
        ] {
            let error = remoteError { _ = try RemoteAddress(text) }
            #expect(error?.code == .unusable)
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            #expect(error?.description.contains("hidden") == false)
        }
    }

    @Test("Whether two addresses are of one server is told by scheme, host and port")
    func servers() {
        let same = [
            ("https://h/a", "https://u:p@H:443/b?c"), ("http://h:80", "http://h/x"),
            ("http://[::1]:8/a", "http://[::1]:8/b"),
        ]
        let different = [
            ("https://h/a", "http://h/a"), ("http://h", "http://h:81"), ("http://h", "http://h.i"),
            ("http://h", "http://i#@h"), ("http://h", "http://i?@h"), ("http://h", "http://h@i/"),
            ("http://h", "http://i/@h"), ("http://h", "http://h\\@i/"),
        ]
        for (a, b) in same { #expect(Redirection.server(a) == Redirection.server(b), "\(a) \(b)") }
        for (a, b) in different {
            #expect(Redirection.server(a) != Redirection.server(b), "\(a) \(b)")
        }
    }

    @Test("Blanks and letters of other alphabets are escaped on the way, escapes stay")
    func escaped() throws {
        let server = try LoopbackServer { _, _ in .file([1]) }
        for (path, sent) in [
            ("/a b/\u{E9}.tar", "/a%20b/%C3%A9.tar"),
            ("/a%20b/../c.tar?x=1", "/a%20b/../c.tar?x=1"),
        ] {
            #expect(try open(server.address + path).all() == [1])
            #expect(server.requests.last?.path == sent)
        }
    }

    @Test("A file beside another lies under the same server and token")
    func siblings() {
        for (address, sibling) in [
            ("https://h/a/b.tar?t=/x", "https://h/a/sizes.json?t=/x"),
            ("http://u:p@h/b.tar", "http://u:p@h/sizes.json"),
            ("s3://b/k?/c.tar", "s3://b/k?/sizes.json"), ("s3://b/c.tar", "s3://b/sizes.json"),
        ] {
            #expect(RemoteAddress.sibling(of: address, named: "sizes.json") == sibling)
        }
    }
}
