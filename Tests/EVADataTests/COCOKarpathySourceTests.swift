import EVAData
import Glibc
import Testing

@Suite("Captioned pictures in COCO's form")
struct COCOKarpathySourceTests {
    private func open(_ json: String) throws -> COCOKarpathySource {
        let folder = try TemporaryFolder()
        try folder.write("", to: "images/empty")
        try folder.write(json, to: "annotations/coco_karpathy_train.json")
        return try COCOKarpathySource(root: folder.path, split: .train)
    }

    private func fault(_ json: String) -> String? {
        errorText { try open(json) }.map { text in
            text.split(separator: "coco_karpathy_train.json: ", maxSplits: 1).last.map(String.init)
                ?? text
        }
    }

    private func content(_ sample: Sample) -> [String] {
        guard case .file(let path) = sample.picture, case .caption(let caption)? = sample.text
        else { return [] }
        return [caption, path.split(separator: "/images/").last.map(String.init) ?? path]
    }

    @Test(
        "A JSON array and JSON lines read alike, other keys passed over",
        arguments: [
            #"""
            [{"caption": "A \"cat\" \u00e9", "image": "a/1.jpg", "image_id": "coco_1"},
             {"image": "./b/../2.jpg", "x": [1, {"caption": "no"}], "caption": "B"}]
            """#,
            #"""
            {"caption": "A \"cat\" \u00e9", "image": "a/1.jpg"}
            {"caption": "B", "image": "./b/../2.jpg", "score": -1.5e3}

            """#,
        ])
    func reading(json: String) throws {
        let source = try open(json)
        #expect(source.count == 2)
        #expect(content(try source.sample(at: 0)) == ["A \"cat\" \u{e9}", "a/1.jpg"])
        #expect(content(try source.sample(at: 1)) == ["B", "./b/../2.jpg"])
    }

    // Each caption of a list was found by reading all that stand before it, which took minutes.
    @Test("A long list of captions takes time by its length", .timeLimit(.minutes(1)))
    func longList() throws {
        let count = 20_000
        let captions = (0..<count).map { "\"caption number \($0)\"" }.joined(separator: ", ")
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "{\"caption\": [\(captions)], \"image\": \"1.jpg\"}\n", to: "c.jsonl")
        let source = try COCOKarpathySource(captions: path)
        #expect(source.count == count)
        for index in 0..<count {
            guard case .caption(let text)? = try source.sample(at: index).text else { continue }
            #expect(text == "caption number \(index)")
        }
        truncate(path, 40)
        #expect(
            errorText { try source.sample(at: 9) }?.contains("has become shorter than the") == true)
    }

    @Test("A caption of any length is read whole, and keys in either order")
    func longCaption() throws {
        let long = String(repeating: "word \u{e9} ", count: 2000)
        let source = try open("{\"image\": \"1.jpg\", \"caption\": [\"short\", \"\(long)\"]}")
        #expect(content(try source.sample(at: 1)) == [long, "1.jpg"])
    }

    @Test("Absolute paths are taken as they are, and told of")
    func absolutePaths() throws {
        let source = try open(#"[{"caption": "A", "image": "/data/1.jpg"}]"#)
        let sample = try source.sample(at: 0)
        guard case .file("/data/1.jpg") = sample.picture else {
            Issue.record("got \(sample)")
            return
        }
        #expect(source.summary.hasSuffix("1 captions, 1 of pictures named by absolute path"))
    }

    @Test("Records without a caption or a usable picture are all counted, the first ones named")
    func faultyRecords() {
        let good = #"{"caption": "A", "image": "1.jpg"}"#
        #expect(
            fault(#"[\#(good), {"image": "2.jpg"}, {"caption": 3, "image": "2.jpg"}]"#)
                == "2 of 3 records cannot be used: record 1 (byte 37) has no \"caption\"; "
                + "record 2 (byte 57) has a \"caption\" that is no string (records counted from "
                + "0); repair or remove them")
        #expect(
            fault(#"[{"caption": "A"}]"#)?.hasPrefix(
                "1 of 1 records cannot be used: record 0 (byte 1) has no \"image\"") == true)
        #expect(fault(#"[{"caption": "A", "image": ""}]"#)?.contains("empty") == true)
        #expect(
            fault(#"[{"caption": "A", "image": "a/../../secret.png"}]"#)?.contains(
                "an \"image\" that leaves its folder by '..': 'a/../../secret.png'") == true)
        #expect(fault(#"[{"caption": "A", "image": "a\u0000b"}]"#)?.contains("zero byte") == true)
        let many = Array(repeating: #"{"image": "2.jpg"}"#, count: 9).joined(separator: "\n")
        #expect(fault(many)?.contains(" and 4 more") == true)
    }

    @Test("What is not JSON is refused with the byte and the record")
    func wrongJSON() {
        #expect(
            fault(#"[{"caption": "A", "image": "1.jpg"}, {"caption" "B"}]"#)?.hasPrefix(
                "byte 48, record 1 from 0: ") == true)
        #expect(fault(#"[{"caption": "A", "image""#) != nil)
        #expect(fault("[1, 2]")?.contains("expected '{', got '1'") == true)
        #expect(fault("\u{1}") != nil)
        #expect(fault(#"[{"caption": "A", "image": "1.jpg"}] x"#) != nil)
    }

    @Test("A missing folder or file is named with the flag that sets it")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(
            errorText { try COCOKarpathySource(root: folder.path, split: .test) }?.contains(
                "\(folder.path)/images: no such folder") == true)
        try folder.write("", to: "images/empty")
        #expect(
            errorText { try COCOKarpathySource(root: folder.path, split: .test) }?.contains(
                "annotations/coco_karpathy_test.json") == true)
    }

    @Test("The default root follows PPMIX_HOME, then the home folder")
    func defaultRoot() {
        #expect(
            COCOKarpathySource.defaultRoot(environment: ["PPMIX_HOME": "/p", "HOME": "/h"])
                == "/p/datasets/coco")
        #expect(
            COCOKarpathySource.defaultRoot(environment: ["PPMIX_HOME": "", "HOME": "/h"])
                == "/h/.paddlemix/datasets/coco")
    }
}
