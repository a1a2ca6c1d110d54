internal import EVATensorFiles

/// A run's report as one HTML page that needs no other file and no network.
public struct RunReport: Sendable {
    private let contents: ReportContents

    /// Prepares a report.
    ///
    /// - Parameter contents: What it shows.
    public init(_ contents: ReportContents) {
        self.contents = contents
    }

    /// Writes the page, replacing the file in one step.
    ///
    /// - Parameter path: The file.
    /// - Throws: An error that names the path when it cannot be written, or an `ImageError` when a
    ///   picture cannot be encoded.
    public func write(to path: String) throws {
        try AtomicFile.write(html(), to: path)
    }

    /// The page.
    ///
    /// - Returns: HTML in UTF-8, well-formed XML at the same time.
    /// - Throws: `ImageError` when a picture cannot be encoded.
    public func html() throws -> String {
        let page = try Markup("html", ["lang": "en"]) {
            Markup("head") {
                Markup("meta", ["charset": "utf-8"])
                Markup(
                    "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                Markup("meta", ["name": "color-scheme", "content": "light dark"])
                Markup("title") { contents.title }
                Markup.style(ReportStyle.css)
            }
            try Markup("body") {
                header
                if !contents.charts.isEmpty { charts }
                if let evaluation = contents.evaluation { accuracy(evaluation) }
                if !contents.examples.isEmpty { try examples() }
                if !contents.searches.isEmpty { try searches() }
                for table in contents.tables { self.table(table) }
                if !contents.settings.isEmpty { settings }
            }
        }
        return "<!DOCTYPE html>\n" + page.html + "\n"
    }

    private var header: Markup {
        Markup("header") {
            Markup("h1") { contents.title }
            Markup("p", ["class": "lead"]) { contents.subtitle }
            if !contents.figures.isEmpty {
                Markup("dl", ["class": "figures"]) {
                    for figure in contents.figures {
                        Markup("div") {
                            Markup("dt") { figure.label }
                            Markup("dd") { figure.value }
                            if let note = figure.note { Markup("dd", ["class": "note"]) { note } }
                        }
                    }
                }
            }
        }
    }

    private var charts: Markup {
        section("Training") {
            Markup("div", ["class": "charts"]) {
                for chart in contents.charts { ChartMarkup.draw(chart) }
            }
        }
    }

    private func accuracy(_ evaluation: EvaluationReport) -> Markup {
        section("Zero-shot accuracy per class") {
            AccuracyMarkup.bars(evaluation)
            if !evaluation.confusions.isEmpty {
                Markup("h3") { "Right least often" }
                AccuracyMarkup.confusions(evaluation)
            }
        }
    }

    private func examples() throws -> Markup {
        try section("What the model sees") {
            Markup("p", ["class": "note"]) {
                "Pictures taken at random, each with the three captions that the model finds most "
                    + "likely and their probabilities; a check mark is the right one."
            }
            try Markup("ul", ["class": "cards"]) {
                for example in contents.examples { try PictureMarkup.example(example) }
            }
        }
    }

    private func searches() throws -> Markup {
        try section("Pictures found by text") {
            Markup("p", ["class": "note"]) {
                "The pictures nearest to each text, nearest first, with the cosine; a check mark "
                    + "is a picture of what the text says."
            }
            for search in contents.searches { try PictureMarkup.search(search) }
        }
    }

    private func table(_ table: ReportContents.Table) -> Markup {
        let isNumber = table.columns.indices.map { column in
            table.rows.allSatisfy { $0[column].isEmpty || Double($0[column]) != nil }
        }
        return section(table.title) {
            Markup("div", ["class": "scroll"]) {
                Markup("table") {
                    Markup("thead") {
                        Markup("tr") {
                            for (column, name) in table.columns.enumerated() {
                                Markup("th", isNumber[column] ? ["class": "number"] : [:]) { name }
                            }
                        }
                    }
                    Markup("tbody") {
                        for row in table.rows {
                            Markup("tr") {
                                for (column, text) in row.enumerated() {
                                    Markup("td", isNumber[column] ? ["class": "number"] : [:]) {
                                        text
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private var settings: Markup {
        section("Configuration") {
            Markup("details") {
                Markup("summary") { "\(contents.settings.count) settings" }
                Markup("dl", ["class": "settings"]) {
                    for setting in contents.settings {
                        Markup("div") {
                            Markup("dt") { setting.name }
                            Markup("dd") { setting.value }
                        }
                    }
                }
            }
        }
    }

    private func section(
        _ title: String, @MarkupBuilder content: () throws -> [Markup]
    ) rethrows -> Markup {
        let parts = try content()
        return Markup("section") {
            Markup("h2") { title }
            for part in parts { part }
        }
    }
}
