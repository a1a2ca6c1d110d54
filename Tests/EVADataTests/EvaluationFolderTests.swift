import EVAData
import Foundation
import Testing

@Suite("Folders for zero-shot evaluation")
struct EvaluationFolderTests {
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in [
            "b/2.PNG", "b/10.jpg", "b/note.txt", "B/x.webp", "a/deep/er/1.jpeg", "a/z.bmp",
        ] {
            try folder.write("", to: "images/" + file)
        }
        try folder.write("big b\nletter a\n small b \n", to: "labels.txt")
        try folder.write("{}\na photo of a {}.\r\n\n", to: "templates.txt")
        return folder
    }

    private func pictures(_ source: ImageFolderSource) -> [String] {
        (0..<source.count).map { index in
            let sample = source.sample(at: index)
            guard case .file(let path) = sample.picture else { return "?" }
            return "\(sample.label ?? -1) \(path.dropFirst(source.name.count + 1))"
        }
    }

    @Test("Classes and pictures come in the order of bytes, at any depth, any case of ending")
    func reading() throws {
        let folder = try folder()
        let evaluation = try EvaluationFolder(path: folder.path)
        #expect(evaluation.images.classFolders == ["B", "a", "b"])
        #expect(
            pictures(evaluation.images) == [
                "0 B/x.webp", "1 a/z.bmp", "1 a/deep/er/1.jpeg", "2 b/10.jpg", "2 b/2.PNG",
            ])
        #expect(evaluation.classNames == ["big b", "letter a", "small b"])
        #expect(evaluation.templates == ["{}", "a photo of a {}."])
        #expect(evaluation.images.summary.hasSuffix("3 classes, 5 pictures"))
    }

    @Test("Links are followed, and a circle of links ends")
    func links() throws {
        let folder = try folder()
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder.path + "/images/c", withDestinationPath: folder.path + "/images/B")
        try manager.createSymbolicLink(
            atPath: folder.path + "/images/B/circle",
            withDestinationPath: folder.path + "/images/B")
        try manager.createSymbolicLink(
            atPath: folder.path + "/images/B/nowhere.png", withDestinationPath: "/nonexistent")
        let source = try ImageFolderSource(folder: folder.path + "/images")
        #expect(source.classFolders == ["B", "a", "b", "c"])
        #expect(pictures(source).filter { $0.hasSuffix("x.webp") } == ["0 B/x.webp", "3 c/x.webp"])
    }

    @Test("A class folder without a picture is an error that names it")
    func emptyClass() throws {
        let folder = try folder()
        try folder.write("", to: "images/empty/readme.md")
        #expect(
            errorText { try EvaluationFolder(path: folder.path) }?.contains(
                "1 of 4 class folders hold no picture: empty; expected files ending in .avif .bmp .gif"
            )
                == true)
    }

    @Test("Labels must be as many as folders, and none blank")
    func labels() throws {
        let folder = try folder()
        try folder.write("one\ntwo\n", to: "labels.txt")
        #expect(
            errorText { try EvaluationFolder(path: folder.path) }?.contains(
                "expected a line for each of the 3 folders") == true)
        try folder.write("one\n\nthree\n", to: "labels.txt")
        #expect(
            errorText { try EvaluationFolder(path: folder.path) }?.contains("line 2 is blank")
                == true)
        try folder.write([0xFF, 0xFE], to: "labels.txt")
        #expect(errorText { try EvaluationFolder(path: folder.path) }?.contains("UTF-8") == true)
    }

    @Test("A template needs one place for the name", arguments: ["a photo", "{} and {}", "{0}"])
    func templates(line: String) throws {
        let folder = try folder()
        try folder.write("{}\n\(line)\n", to: "templates.txt")
        #expect(
            errorText { try EvaluationFolder(path: folder.path) }
                == "\(folder.path)/templates.txt: line 2: expected one {} where the class name "
                + "goes, got '\(line)'")
        try folder.write("\n", to: "templates.txt")
        #expect(errorText { try EvaluationFolder(path: folder.path) }?.contains("is empty") == true)
    }

    @Test("Missing parts are named")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(errorText { try EvaluationFolder(path: folder.path) }?.contains("images") == true)
        try folder.write("", to: "images/file.png")
        #expect(
            errorText { try EvaluationFolder(path: folder.path) }?.contains("no class folder")
                == true)
    }

    @Test("Without files, names and sentences are ImageNet's, and other folders keep their names")
    func builtIn() throws {
        let folder = try TemporaryFolder()
        for name in ["n01440764", "n02099601", "golden_retriever", "red_circle"] {
            try folder.write("", to: "images/\(name)/1.png")
        }
        let evaluation = try EvaluationFolder(path: folder.path)
        #expect(
            evaluation.classNames == [
                "Golden Retriever", "tench", "Golden Retriever", "red circle",
            ]
        )
        #expect(evaluation.templates == ImageNet.templates)
        #expect(
            evaluation.notes == [
                "no labels.txt: ImageNet's built-in names for 3 of 4 classes; called by their "
                    + "folder: red_circle",
                "no templates.txt: the 80 built-in sentences of ImageNet",
            ])
    }

    @Test("Files that are named go before those in the folder")
    func namedFiles() throws {
        let folder = try folder()
        try folder.write("1\n2\n3\n", to: "other/names")
        try folder.write("{}!\n", to: "other/sentences")
        let evaluation = try EvaluationFolder(
            path: folder.path, labels: folder.path + "/other/names",
            templates: folder.path + "/other/sentences")
        #expect(evaluation.classNames == ["1", "2", "3"])
        #expect(evaluation.templates == ["{}!"])
        #expect(evaluation.notes.isEmpty)
        #expect(
            errorText {
                try EvaluationFolder(path: folder.path, labels: folder.path + "/nowhere")
            }?.contains("/nowhere") == true)
    }

    @Test("Class folders may lie in val/ or in the folder itself", arguments: ["", "val/"])
    func bareClassFolders(place: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: place + "n01440764/1.png")
        try folder.write("", to: place + "n02099601/1.png")
        if !place.isEmpty { try folder.write("", to: "train/n01440764/1.png") }
        let evaluation = try EvaluationFolder(path: folder.path)
        #expect(evaluation.images.count == 2)
        #expect(evaluation.classNames == ["tench", "Golden Retriever"])
        let found = place.isEmpty ? folder.path : folder.path + "/val"
        #expect(evaluation.notes[0] == "no images/: the class folders are those in \(found)")
    }
}
