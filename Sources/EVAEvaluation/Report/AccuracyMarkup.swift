/// Draws the evaluation: a bar for each class, and what was taken for what.
enum AccuracyMarkup {
    private static let classLimit = 60

    static func bars(_ report: EvaluationReport) -> Markup {
        let measured = report.perClass.filter { $0.images > 0 }
        let sorted = measured.sorted { (-($0.top1 ?? 0), $0.name) < (-($1.top1 ?? 0), $1.name) }
        let half = classLimit / 2
        let isCut = sorted.count > classLimit
        let shown = isCut ? Array(sorted.prefix(half) + sorted.suffix(half)) : sorted
        let chance = 100 / Double(report.classes)
        return Markup("div") {
            Markup("p", ["class": "note"]) {
                "Solid: right at once. Pale: among the first five. The tick marks chance, "
                    + "\(chance.fixed(1)) %."
                if isCut { " The best and the worst \(half) of \(sorted.count) classes." }
            }
            Markup("ul", ["class": "bars"]) {
                for result in shown { bar(result, chance: chance) }
            }
        }
    }

    private static func bar(_ result: EvaluationReport.ClassResult, chance: Double) -> Markup {
        let top1 = result.top1 ?? 0
        let top5 = result.top5 ?? 0
        let summary =
            "\(result.name): top-1 \(top1.fixed(1)) %, top-5 \(top5.fixed(1)) % "
            + "of \(result.images) images"
        return Markup("li", ["title": summary]) {
            Markup("span", ["class": "name"]) { result.name }
            Markup("span", ["class": "track"]) {
                Markup("i", ["class": "pale", "style": "width:\(top5.fixed(2))%"])
                Markup("i", ["class": "solid", "style": "width:\(top1.fixed(2))%"])
                Markup("i", ["class": "chance", "style": "left:\(chance.fixed(2))%"])
            }
            Markup("span", ["class": "value"]) { top1.fixed(1) }
        }
    }

    static func confusions(_ report: EvaluationReport) -> Markup {
        Markup("table") {
            Markup("thead") {
                Markup("tr") {
                    Markup("th") { "class" }
                    Markup("th", ["class": "number"]) { "top-1, %" }
                    Markup("th") { "taken for" }
                }
            }
            Markup("tbody") {
                for confusion in report.confusions {
                    Markup("tr") {
                        Markup("td") { confusion.name }
                        Markup("td", ["class": "number"]) { confusion.top1.fixed(1) }
                        Markup("td") {
                            for (index, mistake) in confusion.takenFor.enumerated() {
                                (index > 0 ? ", " : "") + mistake.name
                                Markup("small") { " \(mistake.images) of \(confusion.images)" }
                            }
                        }
                    }
                }
            }
        }
    }
}
