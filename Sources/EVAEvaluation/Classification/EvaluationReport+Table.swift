extension EvaluationReport {
    /// The report as lines of text for a console.
    ///
    /// - Parameter classLimit: The most classes that are listed; of more, those that were right
    ///   least often are.
    /// - Returns: The lines, each ending with a newline.
    public func table(classLimit: Int = 40) -> String {
        var lines = [
            "\(images) images, \(classes) classes, \(seconds.fixed(1)) s"
                + (badImages > 0 ? ", \(badImages) unreadable images left out" : ""),
            "top-1 \(Self.percent(top1)) (95 % interval \(top1Interval[0].fixed(2)) "
                + "to \(top1Interval[1].fixed(2)))",
            "top-5 \(Self.percent(top5))"
                + (classes < 5 ? " (there are only \(classes) classes)" : ""),
            "mean per-class recall \(Self.percent(100 * metrics.meanPerClassRecall))",
        ]
        lines += [""] + classLines(limit: classLimit)
        if !confusions.isEmpty { lines += [""] + confusionLines() }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The main figures under the names that the original program prints them by.
    ///
    /// - Returns: One line.
    public func originalLine() -> String {
        [
            "eval_val/imagenet-zeroshot-val-top1: \(top1.fixed(4))",
            "eval_val/imagenet-zeroshot-val-top5: \(top5.fixed(4))", "eval_top1: \(top1.fixed(4))",
            "eval_runtime: \(seconds.fixed(4))",
            "eval_samples_per_second: \((Double(images) / max(seconds, 1e-9)).fixed(4))",
        ].joined(separator: ", ")
    }

    private func classLines(limit: Int) -> [String] {
        var listed = perClass
        var heading = "class"
        if listed.count > limit {
            listed = Array(
                listed.sorted { ($0.top1 ?? 101, $0.name) < ($1.top1 ?? 101, $1.name) }.prefix(
                    limit))
            heading = "class (the worst \(limit) of \(classes))"
        }
        let rows =
            [[heading, "images", "top-1", "top-5"]]
            + listed.map { result in
                [
                    result.name, "\(result.images)", result.top1.map { $0.fixed(2) } ?? "-",
                    result.top5.map { $0.fixed(2) } ?? "-",
                ]
            }
        return Self.aligned(rows)
    }

    private func confusionLines() -> [String] {
        let rows =
            [["right least often", "top-1", "taken for"]]
            + confusions.map { confusion in
                [
                    confusion.name, confusion.top1.fixed(2),
                    confusion.takenFor.map { "\($0.name) (\($0.images))" }.joined(separator: ", "),
                ]
            }
        return Self.aligned(rows, lastToLeft: true)
    }

    /// Columns side by side: the first to the left, the others to the right.
    private static func aligned(_ rows: [[String]], lastToLeft: Bool = false) -> [String] {
        let columnCount = rows.first?.count ?? 0
        let widths = (0..<columnCount).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let isLast = column == columnCount - 1
                if column > 0 { line += "  " }
                if column == 0 {
                    line += cell + padding
                } else if isLast, lastToLeft {
                    line += cell
                } else {
                    line += padding + cell
                }
            }
            return line
        }
    }

    private static func percent(_ value: Double) -> String { value.fixed(2) + " %" }
}
