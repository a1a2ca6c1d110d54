extension ReportContents {
    /// A report on runs: one in all it has, or several laid over each other.
    ///
    /// - Parameter runs: The runs; not none.
    public init(_ runs: [RunRecord]) {
        let isOne = runs.count == 1
        self.init(
            title: isOne ? runs[0].name : "\(runs.count) runs",
            subtitle: isOne
                ? Self.summary(of: runs[0]) : runs.map(\.name).joined(separator: " \u{b7} "))
        figures = isOne ? Self.figures(of: runs[0]) : []
        charts = Chart.training(runs.map(\.training)) + Chart.evaluation(runs.map(\.evaluations))
        evaluation = isOne ? runs[0].results?.classification : nil
        tables = [isOne ? nil : Self.runs(runs), Self.evaluations(runs), Self.differences(runs)]
            .compactMap { $0 }
        settings = isOne ? runs[0].settings : Self.common(runs)
    }

    private static func summary(of run: RunRecord) -> String {
        let parts = [
            run.setting("configuration.model.name"), run.setting("configuration.data.task"),
            run.setting("device"),
            run.setting("threads").map { $0 == "1" ? "1 thread" : "\($0) threads" },
        ]
        return parts.compactMap { $0 }.joined(separator: " \u{b7} ")
    }

    private static func figures(of run: RunRecord) -> [Figure] {
        let totals = RunTotals(run)
        var figures: [Figure] = []
        if let loss = totals.loss {
            figures.append(
                .init(label: "Loss", value: loss.fixed(3), note: "after \(totals.steps) steps"))
        }
        if let best = totals.bestTop1 {
            figures.append(
                .init(
                    label: "Best top-1", value: best.y.fixed(2) + " %",
                    note: "at step \(Int(best.x))"))
        }
        if let rate = totals.samplesPerSecond {
            figures.append(
                .init(label: "Samples per second", value: rate.fixed(1), note: "in the median"))
        }
        if let share = totals.waitingShare {
            figures.append(
                .init(
                    label: "Waiting for data", value: share.fixed(1) + " %", note: "of the time"))
        }
        return figures
    }

    /// A line for each run.
    private static func runs(_ runs: [RunRecord]) -> Table {
        Table(
            title: "Runs",
            columns: [
                "run", "steps", "loss", "best top-1, %", "samples/s", "s a step", "waiting, %",
            ],
            rows: runs.map { run in
                let totals = RunTotals(run)
                return [
                    run.name, "\(totals.steps)", totals.loss?.fixed(4) ?? "",
                    totals.bestTop1?.y.fixed(2) ?? "", totals.samplesPerSecond?.fixed(1) ?? "",
                    totals.stepSeconds?.fixed(3) ?? "", totals.waitingShare?.fixed(1) ?? "",
                ]
            })
    }

    /// A line for each evaluation; of many only the last ones.
    private static func evaluations(_ runs: [RunRecord]) -> Table? {
        let limit = 20
        let keys = Chart.evaluationKeys(runs.map(\.evaluations)).flatMap(\.keys)
        guard !keys.isEmpty else { return nil }
        var rows: [[String]] = []
        for run in runs {
            let columns = keys.map { key in
                [Double: Double](
                    run.evaluations.points(key).map { ($0.x, $0.y) }, uniquingKeysWith: { $1 })
            }
            let steps = Set(columns.flatMap(\.keys)).sorted()
            for step in steps.suffix(limit) {
                rows.append(
                    [run.name, "\(Int(step))"] + columns.map { $0[step]?.fixed(2) ?? "" })
            }
        }
        return Table(
            title: "Evaluations", columns: ["run", "step"] + keys.map(Chart.evaluationName),
            rows: rows)
    }

    /// The settings in which runs differ.
    private static func differences(_ runs: [RunRecord]) -> Table? {
        guard runs.count > 1 else { return nil }
        let names = Set(runs.flatMap { $0.settings.map(\.name) }).sorted()
        let rows = names.compactMap { name -> [String]? in
            let values = runs.map { $0.setting(name) ?? "" }
            return Set(values).count > 1 ? [name] + values : nil
        }
        guard !rows.isEmpty else { return nil }
        return Table(
            title: "What was set differently", columns: ["setting"] + runs.map(\.name), rows: rows)
    }

    /// The settings that all runs share.
    private static func common(_ runs: [RunRecord]) -> [Setting] {
        runs[0].settings.filter { setting in
            runs.allSatisfy { $0.setting(setting.name) == setting.value }
        }
    }
}

/// What sums up a run's training.
private struct RunTotals {
    let steps: Int
    let loss: Double?
    let bestTop1: SIMD2<Double>?
    let samplesPerSecond: Double?
    let stepSeconds: Double?
    /// Percent of the time that was spent waiting for data.
    let waitingShare: Double?

    init(_ run: RunRecord) {
        let losses = run.training.points("loss")
        steps = Int(losses.last?.x ?? 0)
        // The mean of the last tenth tells more than one step.
        let tail = losses.suffix(max(1, losses.count / 10)).map(\.y)
        loss = tail.isEmpty ? nil : tail.reduce(0, +) / Double(tail.count)
        bestTop1 = run.evaluations.points("top1").max { $0.y < $1.y }
        samplesPerSecond = Self.median(run.training.points("samples_per_second").map(\.y))
        let seconds = run.training.points("step_seconds").map(\.y)
        stepSeconds = Self.median(seconds)
        let whole = seconds.reduce(0, +)
        let waited = run.training.points("data_seconds").map(\.y).reduce(0, +)
        waitingShare = whole > 0 ? 100 * waited / whole : nil
    }

    private static func median(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
}
