import EVAData
import Glibc
import Testing

@Suite("Lines of text files")
struct TextLinesTests {
    @Test(
        "LF, CRLF and CR end a line, as Python's files have it, and nothing else does",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\n\nb", ["a", "", "b"]),
            ("a\r\nb\rc\n", ["a", "b", "c"]), ("\r\n", [""]),
            ("a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f", ["a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f"]),
        ] as [(String, [String])])
    func lines(text: String, expected: [String]) {
        #expect(TextLines.of(text).map(String.init) == expected)
    }

    @Test("Lists of files and of labels keep a line separator of Unicode within their lines")
    func lists() throws {
        let folder = try TemporaryFolder()
        let list = try folder.write("/a\u{2028}b\n/c\n", to: "list.txt")
        #expect(try FileList.paths(in: list) == ["/a\u{2028}b", "/c"])
        for name in ["images/0/a.png", "images/1/a.png"] { try folder.write("", to: name) }
        try folder.write("cat\u{2028}tabby\ndog\n", to: "labels.txt")
        try folder.write("a {}\u{2028}photo\n", to: "templates.txt")
        let evaluation = try EvaluationFolder(path: folder.path)
        #expect(evaluation.classNames == ["cat\u{2028}tabby", "dog"])
        #expect(evaluation.templates == ["a {}\u{2028}photo"])
    }

    @Test("A folder with a name that is no UTF-8 is refused")
    func folderNames() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "images/0/a.png")
        let bytes = Array((folder.path + "/images/0/caf").utf8).map { CChar(bitPattern: $0) }
        let descriptor = creat(bytes + [CChar(bitPattern: 0xE9), 0], 0o600)
        try #require(descriptor >= 0)
        close(descriptor)
        #expect(
            errorText { try EvaluationFolder(path: folder.path) }?
                .contains("whose name is not UTF-8") == true)
    }
}
