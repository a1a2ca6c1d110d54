import EVAConfiguration
import Foundation
import Testing

@Suite struct FlagDocumentTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("docs/flags.md is what the table of flags says")
    func document() throws {
        let file = Self.root.appendingPathComponent("docs/flags.md")
        if ProcessInfo.processInfo.environment["EVACLIP_RECORD"] == "1" {
            try Data(FlagDocument.text.utf8).write(to: file)
        }
        let written = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let expected = FlagDocument.text.split(separator: "\n", omittingEmptySubsequences: false)
        let difference = zip(written, expected).first { $0 != $1 }
        #expect(
            written == expected,
            "run `make docs-flags`; first difference: \(difference.map { "\($0) / \($1)" } ?? "")")
    }

    @Test("Every test that docs/flags.md names exists, for flags that exist")
    func tests() throws {
        var functions: [String: String] = [:]
        let folder = Self.root.appendingPathComponent("Tests")
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where path.hasSuffix("Tests.swift") {
            let url = folder.appendingPathComponent(path)
            functions[url.deletingPathExtension().lastPathComponent] = String(
                decoding: try Data(contentsOf: url), as: UTF8.self)
        }
        for flag in FlagTable.all {
            let name = FlagDocument.test(of: flag).split(separator: ".").map(String.init)
            let text = try #require(functions[name[0]], "--\(flag.name): no file \(name[0])")
            #expect(text.contains("func \(name[1])("), "--\(flag.name): no test \(name)")
        }
        let unknown = Set(FlagDocument.tests.keys).subtracting(FlagTable.all.map(\.name))
        #expect(unknown == [])
    }
}
