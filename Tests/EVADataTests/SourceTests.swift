import EVAData
import EVATensorFiles
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
        #expect(content(source.sample(at: 0)) == ["A \"cat\" \u{e9}", "a/1.jpg"])
        #expect(content(source.sample(at: 1)) == ["B", "./b/../2.jpg"])
    }

    @Test("Absolute paths are taken as they are, and told of")
    func absolutePaths() throws {
        let source = try open(#"[{"caption": "A", "image": "/data/1.jpg"}]"#)
        guard case .file("/data/1.jpg") = source.sample(at: 0).picture else {
            Issue.record("got \(source.sample(at: 0))")
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
                "'a/../../secret.png', which leaves images/") == true)
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

@Suite("Ready tensors")
struct TensorsSourceTests {
    private func open(_ tensors: [(String, HostTensor)]) throws -> TensorsSource {
        let folder = try TemporaryFolder()
        let path = folder.path + "/t.safetensors"
        try SafetensorsWriter.write(tensors, to: path)
        return try TensorsSource(path: path, imageSize: 2, contextLength: 5, vocabularySize: 10)
    }

    private func image(_ shape: [Int] = [2, 3, 2, 2]) -> (String, HostTensor) {
        let values = (0..<shape.reduce(1, *)).map { Float($0) }
        return ("image", HostTensor(values, shape: shape))
    }

    private func ids(_ values: [Int64] = [1, 9, 0, 1, 2, 9]) -> (String, HostTensor) {
        ("input_ids", HostTensor(values, shape: [2, 3]))
    }

    @Test("Rows come in file order, bit by bit")
    func rows() throws {
        let source = try open([image(), ids()])
        let sample = source.sample(at: 1)
        guard case .floats(let floats) = sample.picture, case .tokens(let tokens)? = sample.text
        else {
            Issue.record("got \(sample)")
            return
        }
        #expect(floats == (12..<24).map { Float($0) })
        #expect(tokens == [1, 2, 9])
    }

    @Test("The loader cuts ready texts after the token that the model pools at")
    func cutting() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/t.safetensors"
        let ids: [Int64] = [1, 9, 9, 0, 0, 1, 2, 9, 0, 0]
        try SafetensorsWriter.write(
            [image(), ("input_ids", HostTensor(ids, shape: [2, 5]))], to: path)
        let source = try TensorsSource(
            path: path, imageSize: 2, contextLength: 5, vocabularySize: 10)
        let loader = BatchLoader(
            source: source,
            schedule: try BatchSchedule(
                source: source, batchSize: 2, shuffled: false, coverage: .fullBatches),
            preparation: try preparation(imageSize: 2), readerThreads: 0,
            badSamples: try BadSampleLog())
        let batch = try #require(try loader.next())
        #expect(batch.tokens == [1, 9, 0, 1, 2, 9])
        #expect(batch.images.values == (0..<24).map { Float($0) })
    }

    @Test("Tensors that the model cannot take are refused by name and shape")
    func refused() {
        #expect(errorText { try open([image()]) }?.contains("no tensor 'input_ids'") == true)
        #expect(
            errorText { try open([image([2, 3, 3, 3]), ids()]) }?.contains(
                "expected float32 [N, 3, 2, 2], got float32 [2, 3, 3, 3]") == true)
        #expect(
            errorText { try open([image([3, 3, 2, 2]), ids()]) }?.contains(
                "expected int64 [3, L] with L at most 5, got int64 [2, 3]") == true)
        #expect(
            errorText { try open([image(), ids([0, 0, 0, 0, 10, 0])]) }?.contains(
                "row 1, column 1: token 10 is not in 0 ..< 10") == true)
        #expect(errorText { try open([image(), ids([0, -1, 0, 0, 0, 0])]) } != nil)
    }
}
