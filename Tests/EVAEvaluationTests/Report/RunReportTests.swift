import EVAEvaluation
import EVAImaging
import Foundation
import Testing
import Torch

@Suite struct RunReportTests {
    private static let picture = Image(
        width: 2, height: 2, mode: .rgb, pixels: (0..<12).map { UInt8($0 * 20) })

    private static func full() throws -> ReportContents {
        var contents = ReportContents(title: "Run <1> & \"more\"", subtitle: "a 'subtitle'")
        contents.figures = [.init(label: "top-1", value: "91 %", note: "chance < 5 %")]
        contents.charts = ReportContents.Chart.training([
            MetricsLog(
                name: "a & b",
                records: (0..<200).map { ["step": Double($0), "loss": 5 / Double($0 + 1)] })
        ])
        var tally = ClassificationTally(classCount: 2)
        try tally.add(Tensor([Float(0), 1, 0, 1], shape: [2, 2]), labels: [0, 1])
        contents.evaluation = EvaluationReport(
            tally, classNames: ["<cat>", "dog & co"], folders: nil, badImages: 0, seconds: 1)
        contents.examples = [
            .init(
                picture: picture, truth: "a <b>cat</b>",
                guesses: [.init(caption: "x & y \"z\" \u{0}\u{7}", probability: 0.5, isRight: true)]
            )
        ]
        contents.searches = [
            .init(text: "</p><script>", hits: [.init(picture: picture, similarity: 0.3)])
        ]
        contents.settings = try ReportContents.Setting.list(
            json: Data(#"{"model": {"name": "<x>", "sizes": [1, 2]}, "on": true}"#.utf8),
            source: "run.json")
        return contents
    }

    @Test("A page with everything in it is well formed")
    func wellFormed() throws {
        let page = try StrictPage(RunReport(Self.full()).html())
        #expect(page.names["svg"] == 1)
        #expect(page.names["img"] == 2)
        #expect(page.names["section"] == 5)
        #expect(page.names["script"] == nil)
        #expect(page.names["b"] == 1, "the legend's number, none from a caption")
        for text in ["a <b>cat</b>", "x & y \"z\"", "</p><script>", "dog & co", "model.name"] {
            #expect(page.text.contains(text))
        }
    }

    @Test(
        "The check of well-formedness fails on a page with a fault",
        arguments: [
            ("</section>", ""), ("</section>", "</div>"), ("&amp;", "&"), ("&lt;", "<"),
            ("lang=\"en\"", "lang=en"), ("</html>", ""),
        ])
    func faultyPage(part: String, replacement: String) throws {
        let html = try RunReport(Self.full()).html()
        let place = try #require(html.range(of: part))
        let faulty = html.replacingCharacters(in: place, with: replacement)
        #expect(throws: EvaluationError.self) { try StrictPage(faulty) }
    }

    @Test("The page asks for nothing from outside")
    func selfContained() throws {
        let html = try RunReport(Self.full()).html()
        for reference in ["http", "//", "url(", "@import", "<link", "<script", "<iframe"] {
            // A base64 text may hold two slashes.
            let outside = html.replacing(/base64,[A-Za-z0-9+\/=]*/, with: "")
            #expect(!outside.contains(reference), "\(reference)")
        }
        let page = try StrictPage(html)
        #expect(page.references.count == 2)
        #expect(page.references.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
    }

    @Test("A picture comes back from the page as it was")
    func pictures() throws {
        let page = try StrictPage(RunReport(Self.full()).html())
        let encoded = try #require(page.references.first).dropFirst("data:image/png;base64,".count)
        let bytes = try #require(Data(base64Encoded: String(encoded)))
        let picture = try ImageDecoder.decode([UInt8](bytes), name: "page")
        #expect(picture.pixels == Self.picture.pixels)
    }

    @Test("Photographs are kept as JPEG, so that the page stays small")
    func photographs() throws {
        var contents = ReportContents(title: "t", subtitle: "s")
        let large = Image(
            width: 200, height: 150, mode: .rgb,
            pixels: [UInt8](repeating: 90, count: 200 * 150 * 3))
        contents.examples = [.init(picture: large, guesses: [])]
        #expect(try RunReport(contents).html().contains("data:image/jpeg;base64,"))
    }

    @Test("Parts without content leave no heading behind")
    func empty() throws {
        let page = try StrictPage(
            RunReport(ReportContents(title: "nothing", subtitle: "yet")).html())
        #expect(page.names["section"] == nil)
        #expect(page.names["h1"] == 1)
    }

    @Test("Charts of no, one or equal values can be drawn")
    func unusualCharts() throws {
        var contents = ReportContents(title: "t", subtitle: "s")
        for points: [SIMD2<Double>] in [
            [], [[1, 2]], [[0, 3], [1, 3]], [[0, .nan], [1, .infinity]], [[5, 0]],
            [[0, -1e-9], [1e9, 1e12]], [[0, 1], [1, .nan], [2, 3]],
        ] {
            contents.charts.append(
                .init(title: "c", series: [.init(name: "s", points: points)]))
        }
        let html = try RunReport(contents).html()
        #expect(try StrictPage(html).names["svg"] == 5)
        #expect(!html.contains("nan"))
        #expect(!html.contains("inf"))
        #expect(html.contains("No finite values were recorded."))
    }

    @Test("Long runs are drawn with a bounded number of points")
    func longRun() throws {
        var contents = ReportContents(title: "t", subtitle: "s")
        contents.charts = [
            .init(
                title: "loss",
                series: [
                    .init(
                        name: "loss",
                        points: (0..<100_000).map { [Double($0), Double($0 * 7919 % 13)] })
                ])
        ]
        #expect(try RunReport(contents).html().utf8.count < 50_000)
    }

    @Test("Noisy curves get a smooth line through them, smooth ones are drawn as they are")
    func smoothing() throws {
        func lines(_ value: (Double) -> Double) throws -> Int {
            var contents = ReportContents(title: "t", subtitle: "s")
            let points = (0..<300).map { SIMD2(Double($0), value(Double($0))) }
            contents.charts = [.init(title: "c", series: [.init(name: "s", points: points)])]
            return try RunReport(contents).html().split(separator: "<path").count { part in
                part.contains("class=\"raw") || part.contains("class=\"line")
            }
        }
        #expect(try lines { $0 < 100 ? $0 : 100 - ($0 - 100) / 2 } == 1)
        #expect(try lines { $0.truncatingRemainder(dividingBy: 7) } == 2)
    }

    @Test("The report replaces its file in one step and names a folder that is missing")
    func writing() throws {
        let path = NSTemporaryDirectory() + "report-\(UUID()).html"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let report = RunReport(ReportContents(title: "t", subtitle: "s"))
        try report.write(to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == report.html())
        #expect(throws: (any Error).self) { try report.write(to: "/nowhere/at/all/report.html") }
    }
}
