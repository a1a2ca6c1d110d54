import EVAData
import EVAImaging
import Testing

@Suite("The Shapes data set")
struct ShapesTests {
    private func scene(_ source: ShapesSource, _ index: Int) -> (caption: String, pixels: [UInt8]) {
        let sample = source.sample(at: index)
        guard case .pixels(let image) = sample.picture, case .caption(let caption)? = sample.text
        else { return ("", []) }
        return (caption, image.pixels)
    }

    /// FNV-1a, which is easy to compute elsewhere.
    private func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    @Test("A scene is the same in every run and on every machine")
    func pinned() {
        let source = ShapesSource(split: .training, count: 100, imageSize: 32, seed: 1)
        let scenes = [0, 7, 99].map { scene(source, $0) }
        #expect(
            scenes.map(\.caption) == [
                "two red squares", "a green cross", "large yellow heart in the middle",
            ])
        #expect(
            scenes.map { hash($0.pixels) } == [
                0xb092a1eb92510ddd, 0x6e9f2fca5ea6b1bd, 0xf2b8fedf3073ccb7,
            ])
    }

    @Test("Seed, split and index each change the scene")
    func dependence() {
        let base = ShapesSource(split: .training, count: 100, imageSize: 32, seed: 1)
        let others = [
            scene(ShapesSource(split: .training, count: 100, imageSize: 32, seed: 2), 3),
            scene(ShapesSource(split: .validation, count: 100, imageSize: 32, seed: 1), 3),
            scene(base, 43),
        ]
        #expect(others.allSatisfy { $0.pixels != scene(base, 3).pixels })
        #expect(scene(base, 3).pixels == scene(base, 3).pixels)
    }

    @Test("Each colour and each shape is held out, and trained, equally often")
    func balance() {
        #expect(ShapesCatalog.combinations.count == 64)
        #expect(ShapesCatalog.heldOutCombinations.count == 24)
        #expect(ShapesCatalog.trainingCombinations.count == 40)
        for index in ShapesCatalog.colours.indices {
            #expect(ShapesCatalog.heldOutCombinations.count { $0.colourIndex == index } == 3)
        }
        for shape in ShapesCatalog.shapes {
            #expect(ShapesCatalog.heldOutCombinations.count { $0.shape == shape } == 3)
        }
    }

    @Test("No caption of training names a combination that is held out")
    func heldOut() {
        let source = ShapesSource(split: .training, count: 2000, imageSize: 1)
        let captions = (0..<source.count).map { scene(source, $0).caption + " " }
        func mentions(_ combination: ShapesCatalog.Combination) -> Int {
            let colour = combination.colour.name
            return captions.count {
                $0.contains("\(colour) \(combination.shape.name) ")
                    || $0.contains("\(colour) \(combination.shape.pluralName) ")
            }
        }
        #expect(ShapesCatalog.heldOutCombinations.allSatisfy { mentions($0) == 0 })
        #expect(ShapesCatalog.trainingCombinations.allSatisfy { mentions($0) == 50 })
        #expect(Set(captions).count > 500)
    }

    @Test("The label is the class that the caption names")
    func labels() {
        for split in ShapesSource.Split.allCases {
            let source = ShapesSource(split: split, count: 120, imageSize: 1)
            for index in 0..<source.count {
                let label = source.sample(at: index).label ?? -1
                #expect(split.combinations[label].name == source.classNames[label])
                #expect(scene(source, index).caption.contains(source.classNames[label].dropLast()))
            }
        }
    }

    @Test("Captions that say the same in other words share a key; others do not")
    func meanings() {
        let source = ShapesSource(split: .training, count: 4000, imageSize: 1)
        var captions: [Int64: Set<String>] = [:]
        for index in 0..<source.count {
            let key = source.sample(at: index).textKey ?? 0
            captions[key, default: []].insert(scene(source, index).caption)
        }
        func core(_ caption: String) -> String {
            let frames = ["a picture of ", "a drawing of ", "there is ", "there are "]
            var text = caption
            for frame in frames where text.hasPrefix(frame) { text.removeFirst(frame.count) }
            for article in ["a ", "one "] where text.hasPrefix(article) {
                text.removeFirst(article.count)
            }
            return text
        }
        #expect(captions.values.allSatisfy { Set($0.map(core)).count == 1 })
        #expect(captions.values.contains { $0.count > 3 })
        #expect(Set(captions.values.map { core($0.first ?? "") }).count == captions.count)
    }

    @Test("An object has the colour of its caption and lies where the caption says")
    func positions() {
        let size = 24
        let source = ShapesSource(split: .training, count: 1200, imageSize: size, seed: 3)
        // Scenes of the class "white circle".
        let label = source.classNames.firstIndex(of: "white circle") ?? 0
        var checked = 0
        for index in stride(from: label, to: source.count, by: source.classNames.count) {
            let (caption, pixels) = scene(source, index)
            guard caption.hasSuffix("on the left") || caption.hasSuffix("on the right") else {
                continue
            }
            let columns = (0..<size * size).filter {
                pixels[3 * $0..<3 * $0 + 3].allSatisfy { $0 > 190 }
            }
            .map { $0 % size }
            let middle = Double(columns.reduce(0, +)) / Double(columns.count)
            let isLeft = middle < Double(size) / 2
            #expect(columns.count > 20, "scene \(index)")
            #expect(isLeft == caption.hasSuffix("left"), "scene \(index): \(caption)")
            checked += 1
        }
        #expect(checked > 0)
    }

    @Test("Objects lie whole in the picture and do not overlap")
    func layout() {
        let combination = ShapesCatalog.combinations[0]
        var lots = SplitMix64(hashing: 4)
        for _ in 0..<3000 {
            let objects = ShapesScene(combination: combination, using: &lots).objects
            for object in objects {
                #expect(object.x > 0.98 * object.reach && object.x < 1 - 0.98 * object.reach)
                #expect(object.y > 0.98 * object.reach && object.y < 1 - 0.98 * object.reach)
            }
            for (i, a) in objects.enumerated() {
                for b in objects[(i + 1)...] {
                    let gap = ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot()
                    #expect(gap >= a.reach + b.reach)
                }
            }
        }
    }

    @Test("The exported folders read back as data sets")
    func export() throws {
        let folder = try TemporaryFolder()
        try ShapesExporter(
            imageSize: 16, trainingCount: 6, validationCount: 4, picturesPerClass: 1
        ).write(to: folder.path)
        let source = try COCOKarpathySource(root: folder.path, split: .train)
        #expect(source.count == 6)
        let original = ShapesSource(split: .training, count: 6, imageSize: 16)
        guard case .caption(let caption)? = try source.sample(at: 5).text else {
            Issue.record("no caption")
            return
        }
        #expect(caption == scene(original, 5).caption)
        let evaluation = try EvaluationFolder(path: folder.path + "/zero_shot")
        #expect(evaluation.images.count == 24)
        #expect(
            evaluation.classNames.map { $0.replacing(" ", with: "_") }
                == evaluation.images.classFolders)
        let batch = try makeLoader(source, batchSize: 6, shuffled: false).next()
        #expect(batch?.count == 6)
    }
}
