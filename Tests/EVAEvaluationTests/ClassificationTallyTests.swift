import EVAEvaluation
import Foundation
import Testing
import Torch

@Suite struct ClassificationTallyTests {
    private static func report(
        _ rows: [[Float]], labels: [Int], names: [String]? = nil
    ) throws -> EvaluationReport {
        let classCount = rows[0].count
        var tally = ClassificationTally(classCount: classCount)
        try tally.add(
            Tensor(rows.flatMap { $0 }, shape: [rows.count, classCount]), labels: labels)
        return EvaluationReport(
            tally, classNames: names ?? (0..<classCount).map { "class \($0)" }, folders: nil,
            badImages: 0, seconds: 1)
    }

    @Test("Top-1 and top-5 count what hand-made scores say")
    func counts() throws {
        let report = try Self.report(
            [
                [9, 1, 2, 3, 4, 5, 6],  // class 0 first
                [9, 1, 2, 3, 4, 5, 6],  // class 6 second
                [9, 1, 2, 3, 4, 5, 6],  // class 3 fifth
                [9, 1, 2, 3, 4, 5, 6],  // class 2 sixth
                [0, 0, 7, 0, 0, 0, 0],  // class 2 first
            ], labels: [0, 6, 3, 2, 2])
        #expect(report.images == 5)
        #expect(report.classes == 7)
        #expect(report.top1 == 40)
        #expect(report.top5 == 80)
        #expect(report.metrics.acc1 == 0.4)
        #expect(report.metrics.acc5 == 0.8)
        // Classes 0, 2, 3 and 6 have pictures: recalls 1, 1/2, 0, 0.
        #expect(report.metrics.meanPerClassRecall == 0.375)
        #expect(report.perClass.map(\.images) == [1, 0, 2, 1, 0, 0, 1])
        #expect(report.perClass[2].top1 == 50)
        #expect(report.perClass[2].top5 == 50)
        #expect(report.perClass[1].top1 == nil)
    }

    @Test("Equal scores rank by the index of the class")
    func ties() throws {
        let flat = [Float](repeating: 1, count: 8)
        let report = try Self.report([flat, flat, flat, flat], labels: [0, 1, 4, 5])
        #expect(report.perClass.map(\.top1) == [100, 0, nil, nil, 0, 0, nil, nil])
        #expect(report.perClass.map(\.top5) == [100, 100, nil, nil, 100, 0, nil, nil])
    }

    @Test("With fewer than five classes, all of them are among the first five")
    func fewClasses() throws {
        let report = try Self.report([[1, 2, 3], [3, 2, 1]], labels: [0, 0])
        #expect(report.top1 == 50)
        #expect(report.top5 == 100)
        let single = try Self.report([[0.5]], labels: [0])
        #expect(single.top1 == 100)
        #expect(single.confusions.isEmpty)
    }

    @Test("Scores that are not numbers never count as right")
    func notANumber() throws {
        let report = try Self.report(
            [[.nan, .nan, .nan], [.nan, 1, 2], [1, 2, .nan]], labels: [0, 2, 2])
        #expect(report.top1 == 0)
        #expect(
            report.confusions.allSatisfy { mistake in
                mistake.takenFor.allSatisfy { $0.name != mistake.name }
            })
    }

    @Test("Batches add up")
    func batches() throws {
        let rows: [[Float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
        let labels = [0, 0, 2, 1]
        var tally = ClassificationTally(classCount: 3)
        for (row, label) in zip(rows, labels) {
            try tally.add(Tensor(row, shape: [1, 3]), labels: [label])
        }
        let apart = EvaluationReport(
            tally, classNames: ["class 0", "class 1", "class 2"], folders: nil, badImages: 0,
            seconds: 1)
        #expect(try apart == Self.report(rows, labels: labels))
    }

    @Test("A label without a class is an error")
    func unknownLabel() throws {
        var tally = ClassificationTally(classCount: 2)
        #expect(throws: EvaluationError("label 2: expected a class in 0 ..< 2")) {
            try tally.add(Tensor([Float(1), 2], shape: [1, 2]), labels: [2])
        }
    }

    @Test("The classes that were right least often are listed with what they were taken for")
    func confusions() throws {
        // Class 0: 1 of 4 right, taken for 2 twice and for 1 once. Class 1: 1 of 2 right.
        let report = try Self.report(
            [[5, 0, 0], [0, 0, 5], [0, 0, 5], [0, 5, 0], [0, 5, 0], [5, 0, 0], [0, 0, 5]],
            labels: [0, 0, 0, 0, 1, 1, 2], names: ["cat", "dog", "emu"])
        #expect(report.confusions.map(\.name) == ["cat", "dog"])
        let cat = try #require(report.confusions.first)
        #expect(cat.top1 == 25)
        #expect(cat.images == 4)
        #expect(cat.takenFor.map(\.name) == ["emu", "dog"])
        #expect(cat.takenFor.map(\.images) == [2, 1])
    }

    @Test("At most ten confused classes are listed, worst first")
    func confusionLimit() throws {
        let count = 14
        // Class i is always taken for class 0, but for one picture of each class from 7 on.
        var rows: [[Float]] = []
        var labels: [Int] = []
        for label in 1..<count {
            for picture in 0..<2 {
                var row = [Float](repeating: 0, count: count)
                row[label >= 7 && picture == 0 ? label : 0] = 1
                rows.append(row)
                labels.append(label)
            }
        }
        let report = try Self.report(rows, labels: labels)
        #expect(report.confusions.map(\.name) == (1...10).map { "class \($0)" })
    }

    @Test("The JSON has the names that other programs look for")
    func json() throws {
        let report = try Self.report([[5, 0], [5, 0]], labels: [0, 1], names: ["a/b", "dog"])
        let path = NSTemporaryDirectory() + "eval-\(UUID()).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var results = EvaluationResults()
        results.classification = report
        try results.write(to: path)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let object = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "top1", "top5", "top1_interval", "images", "bad_images", "classes", "seconds",
                "per_class", "confusions", "metrics",
            ])
        #expect(object["top1"] as? Double == 50)
        let metrics = try #require(object["metrics"] as? [String: Double])
        #expect(metrics == ["acc1": 0.5, "acc5": 1, "mean_per_class_recall": 0.5])
        #expect(try JSONDecoder().decode(EvaluationResults.self, from: data) == results)
    }

    @Test("The table shows totals, classes and mistakes")
    func table() throws {
        let report = try Self.report([[5, 0], [5, 0]], labels: [0, 1], names: ["cat", "dog"])
        #expect(
            report.table() == """
                2 images, 2 classes, 1.0 s
                top-1 50.00 % (95 % interval 9.45 to 90.55)
                top-5 100.00 % (there are only 2 classes)
                mean per-class recall 50.00 %

                class  images   top-1   top-5
                cat         1  100.00  100.00
                dog         1    0.00  100.00

                right least often  top-1  taken for
                dog                 0.00  cat (1)

                """)
        #expect(report.table(classLimit: 1).contains("class (the worst 1 of 2)"))
        #expect(!report.table(classLimit: 1).contains("cat         1"))
    }
}
