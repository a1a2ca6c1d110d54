import EVAData
import Testing

@Suite("Folders for a linear probe")
struct LinearProbeFolderTests {
    @Test("Classes to evaluate are found among those to learn", arguments: ["val", "test"])
    func classes(name: String) throws {
        let folder = try TemporaryFolder()
        for file in ["train/a/1.png", "train/b/1.png", "train/c/1.png"] {
            try folder.write("", to: file)
        }
        for file in ["a/1.png", "c/1.png", "c/2.png"] {
            try folder.write("", to: name + "/" + file)
        }
        let found = try LinearProbeFolder(path: folder.path)
        #expect(found.training.count == 3 && found.evaluation.count == 3)
        #expect(found.trainingClass == [0, 2])
        try folder.write("", to: name + "/zebra/1.png")
        #expect(
            errorText { try LinearProbeFolder(path: folder.path) }
                == "\(folder.path)/\(name): 1 class folders are not in \(folder.path)/train: zebra")
    }

    @Test("Missing parts are named")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(errorText { try LinearProbeFolder(path: folder.path) }?.contains("/train:") == true)
        try folder.write("", to: "train/a/1.png")
        #expect(errorText { try LinearProbeFolder(path: folder.path) }?.contains("/test:") == true)
    }
}
