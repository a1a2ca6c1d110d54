import EVAData
import Testing

@Suite("ImageNet's built-in classes and sentences")
struct ImageNetTests {
    @Test("There are a thousand classes in the order of their ids")
    func classes() {
        let classes = ImageNet.classes
        #expect(classes.count == 1000)
        let ids = classes.map(\.wordNetID)
        #expect(ids == ids.sorted() && Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /n[0-9]{8}/) != nil })
        // Labels that everybody knows by heart, and the two cranes that names alone do not tell.
        for (label, id, name) in [
            (0, "n01440764", "tench"), (134, "n02012849", "crane bird"),
            (207, "n02099601", "Golden Retriever"), (281, "n02123045", "tabby cat"),
            (517, "n03126707", "construction crane"), (999, "n15075141", "toilet paper"),
        ] {
            #expect(classes[label].wordNetID == id && classes[label].name == name)
        }
    }

    @Test("There are 80 sentences, each with one place for the name")
    func templates() {
        #expect(ImageNet.templates.count == 80)
        #expect(Set(ImageNet.templates).count == 80)
        #expect(ImageNet.templates.first == "a bad photo of a {}.")
        #expect(ImageNet.templates.last == "a tattoo of the {}.")
        #expect(
            ImageNet.templates.allSatisfy {
                $0.split(separator: "{}", omittingEmptySubsequences: false).count == 2
            })
    }

    @Test(
        "A folder stands for a class by its id or by the words of its name",
        arguments: [
            ("n02099601", "Golden Retriever"), ("golden_retriever", "Golden Retriever"),
            ("Golden-Retriever", "Golden Retriever"), ("GOLDEN RETRIEVER", "Golden Retriever"),
            ("n02099602", nil), ("goldenretriever", nil), ("", nil), ("red circle", nil),
        ] as [(String, String?)])
    func folders(folder: String, name: String?) {
        #expect(ImageNet.className(ofFolder: folder) == name)
    }
}
