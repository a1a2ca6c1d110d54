import EVAData
import Foundation
import Testing

@Suite("Captioned pictures in tables")
struct TableSourceTests {
    private func open(
        _ text: String, as name: String = "t.csv", folder: String? = nil,
        pictures: String = "filepath", captions: String = "title", separator: UInt8? = nil
    ) throws -> TableSource {
        try open(Array(text.utf8), as: name, folder: folder, pictures, captions, separator)
    }

    private func open(
        _ bytes: [UInt8], as name: String = "t.csv", folder: String? = nil,
        _ pictures: String = "filepath", _ captions: String = "title", _ separator: UInt8? = nil
    ) throws -> TableSource {
        let temporary = try TemporaryFolder()
        return try TableSource(
            path: temporary.write(bytes, to: name), folder: folder ?? "/folder",
            pictureColumn: pictures, captionColumn: captions, separator: separator)
    }

    /// Path and caption of every row, or what is wrong with it, without the folder of the file.
    private func rows(_ source: TableSource) -> [[String]] {
        (0..<source.count).map { index in
            do {
                let sample = try source.sample(at: index)
                guard case .file(let path) = sample.picture, case .caption(let text)? = sample.text
                else { return ["neither path nor caption"] }
                return [path, text]
            } catch {
                return ["\(error)".split(separator: "/t.").last.map(String.init) ?? "\(error)"]
            }
        }
    }

    @Test(
        "Commas, tabs and other separators; LF, CRLF and CR; a byte order mark; empty lines",
        arguments: [
            ("t.csv", "filepath,title\na.jpg,A cat\n/b.jpg,B"),
            ("t.csv", "\u{FEFF}filepath,title\r\n\r\na.jpg,A cat\r\n/b.jpg,B\r\n\r\n"),
            ("t.csv", "title,id,filepath\rA cat,7,a.jpg\rB,8,/b.jpg\r"),
            ("t.csv", "filepath\ttitle\na.jpg\tA cat\n/b.jpg\tB\n"),
            ("t.TSV", "filepath\ttitle\n\"a.jpg\"\t\"A cat\"\n/b.jpg\tB\n"),
        ])
    func forms(name: String, text: String) throws {
        let source = try open(text, as: name)
        #expect(source.count == 2)
        #expect(rows(source) == [["/folder/a.jpg", "A cat"], ["/b.jpg", "B"]])
        #expect(source.summary.hasSuffix("\(name): 2 rows"))
    }

    // The walk from the top of the file to each faulty row took minutes.
    @Test("Very many faulty rows take time by their number", .timeLimit(.minutes(1)))
    func manyFaultyRows() throws {
        let count = 30_000
        let folder = try TemporaryFolder()
        let source = try TableSource(
            path: folder.write(
                "filepath,title\n" + String(repeating: "a picture.jpg\n", count: count),
                to: "t.csv"))
        #expect(source.count == count)
        for index in 0..<count {
            let text = errorText { try source.sample(at: index) }
            #expect(text?.contains("t.csv, line \(index + 2): expected 2 fields") == true)
        }
    }

    @Test("A table that is shortened while it is in use is an error")
    func shortened() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("filepath,title\na.jpg,A\nb.jpg,B\n", to: "t.csv")
        let source = try TableSource(path: path)
        truncate(path, 20)
        #expect(
            errorText { try source.sample(at: 1) }?.contains("has become shorter than the") == true)
    }

    @Test("Quoted fields hold separators, line breaks and quotes; a quote within a field is one")
    func quotes() throws {
        let source = try open(
            "filepath,title\n\"a,1.jpg\",\"two\nlines, \"\"three\"\"\r\n\"\nb.jpg,5\" screen\nc.jpg,\"\"\n"
        )
        #expect(
            rows(source) == [
                ["/folder/a,1.jpg", "two\nlines, \"three\"\r\n"], ["/folder/b.jpg", "5\" screen"],
                ["/folder/c.jpg", ""],
            ])
    }

    @Test("Columns and separator are named by flags, and paths start at the file without a folder")
    func named() throws {
        let source = try open(
            "url|x|text\na b.jpg|1|One, two\n", pictures: "url", captions: "text",
            separator: UInt8(ascii: "|"))
        #expect(rows(source) == [["/folder/a b.jpg", "One, two"]])
        let folder = try TemporaryFolder()
        let beside = try TableSource(
            path: folder.write("filepath,title\na.jpg,A\n", to: "deep/t.csv"))
        #expect(rows(beside) == [[folder.path + "/deep/a.jpg", "A"]])
    }

    @Test("A row that cannot be used says its line, and the others remain")
    func faultyRows() throws {
        let source = try open(
            "filepath,title\n\"a.jpg\",\"one\ntwo\"\nb.jpg\nc.jpg,x,y\n,no\n../../d.jpg,no\ne.jpg,E\n"
                + "f.jpg,\"said \"so\" twice\", then\n")
        #expect(
            rows(source) == [
                ["/folder/a.jpg", "one\ntwo"],
                ["csv, line 4: expected 2 fields as in the header, got 1"],
                ["csv, line 5: expected 2 fields as in the header, got 3"],
                ["csv, line 6: the filepath is empty"],
                ["csv, line 7: the filepath leaves its folder by '..': '../../d.jpg'"],
                ["/folder/e.jpg", "E"],
                [
                    "csv, line 9: expected 2 fields as in the header, got 3; a quote inside of "
                        + "quotes is written twice"
                ],
            ])
        let latin = try open(Array("filepath,title\na.jpg,caf".utf8) + [0xE9, 0x0A])
        #expect(rows(latin) == [["csv, line 2: is not UTF-8 text; save the file as UTF-8"]])
    }

    @Test(
        "What is no table is refused with what helps",
        arguments: [
            ("", "is empty; expected a header"), ("\n\n", "is empty"),
            ("a,b\n1,2\n", "has no column 'filepath'; its first line names 'a', 'b'; name the"),
            ("filepath,filepath,title\n", "has several columns 'filepath'"),
            ("filepath,text\n", "has no column 'title'"),
            ("filepath,title\na,b\nc,\"d\ne,f\n", "line 3: a field begins with a quote that is"),
        ])
    func refused(text: String, expected: String) {
        #expect(errorText { try open(text) }?.contains(expected) == true)
        #expect(errorText { try open([0xFF, 0xFE, 0x61, 0x00]) }?.contains("UTF-16") == true)
    }

    @Test("Random tables are read as they were written")
    func roundTrip() throws {
        var random = SplitMix64(hashing: 4)
        let alphabet = ["a", "\u{e9}", ",", "\"", "\n", "\r", "\r\n", " ", "\t", "x y"]
        let table = (0..<200).map { row in
            ["p\(row)", (0..<random.below(9)).map { _ in alphabet[random.below(10)] }.joined()]
        }
        func field(_ text: String) -> String {
            let plain = !text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            return plain && random.below(2) == 0
                ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
        }
        let text =
            "filepath,title\n" + table.map { $0.map(field).joined(separator: ",") + "\n" }.joined()
        let read = rows(try open(text))
        #expect(
            read.map { $0.map { Array($0.utf8) } }
                == table.map {
                    [Array("/folder/\($0[0])".utf8), Array($0[1].utf8)]
                })
    }
}
