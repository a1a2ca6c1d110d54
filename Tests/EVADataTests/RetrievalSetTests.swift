import EVAData
import Testing

@Suite("Captioned pictures for retrieval")
struct RetrievalSetTests {
    private func paths(_ set: RetrievalSet) throws -> [String] {
        try (0..<set.images.count).map { index in
            let sample = try set.images.sample(at: index)
            guard case .file(let path) = sample.picture, sample.text == nil else { return "?" }
            return path.split(separator: "/").last.map(String.init) ?? path
        }
    }

    @Test("A list of captions, adjacent entries and entries apart all belong to one picture")
    func grouping() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "images/x")
        try folder.write(
            #"""
            [{"image": "1.jpg", "caption": ["a", "b"]}, {"image": "2.jpg", "caption": "c"},
             {"image": "2.jpg", "caption": "d"}, {"image": "1.jpg", "caption": "e"}]
            """#, to: "annotations/coco_karpathy_val.json")
        let set = try RetrievalSet(path: folder.path, split: .validation)
        #expect(try paths(set) == ["1.jpg", "2.jpg"])
        #expect(set.captions == ["a", "b", "c", "d", "e"])
        #expect(set.imageOfCaption == [0, 0, 1, 1, 0])
        #expect(set.images.summary.hasSuffix("2 pictures with 5 captions"))
        #expect(errorText { try RetrievalSet(path: folder.path, split: .test) } != nil)
    }

    @Test(
        "Paths in a file start from images/ beside it or beside its folder, or from its folder",
        arguments: [
            ("images/1.jpg", "pairs.jsonl", "/images/1.jpg"),
            ("images/1.jpg", "annotations/pairs.jsonl", "/annotations/../images/1.jpg"),
            ("1.jpg", "pairs.jsonl", "/1.jpg"),
        ])
    func files(picture: String, file: String, path: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: picture)
        try folder.write(
            #"{"image": "1.jpg", "caption": "a"}"# + "\n" + #"{"image": "1.jpg", "caption": "b"}"#,
            to: file)
        let set = try RetrievalSet(path: folder.path + "/" + file, split: .test)
        #expect(set.imageOfCaption == [0, 0])
        guard case .file(folder.path + path) = try set.images.sample(at: 0).picture else {
            Issue.record("\(try set.images.sample(at: 0))")
            return
        }
    }

    @Test("A table's rows with one picture belong together")
    func tables() throws {
        let folder = try TemporaryFolder()
        try folder.write("filepath,title\n1.jpg,a\n2.jpg,b\n1.jpg,c\n", to: "pairs.csv")
        let set = try RetrievalSet(path: folder.path + "/pairs.csv", split: .test)
        #expect(try paths(set) == ["1.jpg", "2.jpg"])
        #expect(set.captions == ["a", "b", "c"] && set.imageOfCaption == [0, 1, 0])
    }

    @Test("A list without a caption, or with something else, is refused by its record")
    func faults() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "images/x")
        try folder.write(
            #"[{"image": "1.jpg", "caption": []}, {"image": "1.jpg", "caption": ["a", 2]}]"#,
            to: "f.json")
        let text = errorText { try RetrievalSet(path: folder.path + "/f.json", split: .test) }
        #expect(text?.contains("2 of 2 records cannot be used") == true)
        #expect(text?.contains(#"has an empty list "caption""#) == true)
        #expect(text?.contains(#"record 1 (byte 36) has a "caption" that is no string"#) == true)
    }
}
