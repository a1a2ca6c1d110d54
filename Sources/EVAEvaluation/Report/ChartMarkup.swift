/// Draws charts: lines as SVG stretched to the width of the page, labels as text of one size.
enum ChartMarkup {
    /// The curves with axes and legend.
    static func draw(_ chart: ReportContents.Chart) -> Markup {
        let curves = chart.series.map { Curve($0.points) }
        let points = curves.flatMap(\.points)
        return Markup("figure", ["class": "chart"]) {
            Markup("figcaption") {
                Markup("h3") { chart.title }
                legend(chart, curves)
            }
            if points.isEmpty {
                Markup("p", ["class": "note"]) { "No finite values were recorded." }
            } else {
                plot(
                    chart, curves, horizontal: AxisScale(points.map(\.x), endsOnTicks: false),
                    vertical: AxisScale(points.map(\.y), endsOnTicks: true))
            }
        }
    }

    private static func legend(_ chart: ReportContents.Chart, _ curves: [Curve]) -> Markup {
        Markup("ul", ["class": "legend"]) {
            for (index, series) in chart.series.enumerated() {
                Markup("li") {
                    Markup("i", ["class": "swatch \(classes(series))"])
                    series.name
                    if let last = curves[index].smoothed.last {
                        Markup("b") { number(last.y) }
                    }
                }
            }
        }
    }

    private static func plot(
        _ chart: ReportContents.Chart, _ curves: [Curve], horizontal: AxisScale,
        vertical: AxisScale
    ) -> Markup {
        Markup("div", ["class": "plot"]) {
            for tick in vertical.ticks {
                Markup(
                    "span", ["class": "y", "style": "bottom:\(percent(vertical.share(of: tick)))"]
                ) {
                    vertical.label(tick)
                }
            }
            for tick in horizontal.ticks {
                Markup(
                    "span", ["class": "x", "style": "left:\(percent(horizontal.share(of: tick)))"]
                ) {
                    horizontal.label(tick)
                }
            }
            Markup(
                "svg",
                [
                    "viewBox": "0 0 1000 1000", "preserveAspectRatio": "none", "role": "img",
                    "aria-label": "\(chart.title) over \(chart.horizontalLabel)",
                ]
            ) {
                for tick in vertical.ticks {
                    let y = ((1 - vertical.share(of: tick)) * 1000).fixed(1)
                    Markup("path", ["class": "rule", "d": "M0 \(y)H1000"])
                }
                for (series, curve) in zip(chart.series, curves) {
                    if curve.smoothed != curve.points {
                        line(curve.points, "raw \(classes(series))", horizontal, vertical)
                    }
                    line(curve.smoothed, "line \(classes(series))", horizontal, vertical)
                }
            }
            Markup("span", ["class": "axis"]) { chart.horizontalLabel }
        }
    }

    private static func classes(_ series: ReportContents.Chart.Series) -> String {
        "s\(series.color % 6)" + (series.dash == 0 ? "" : " d\((series.dash - 1) % 3 + 1)")
    }

    private static func line(
        _ points: [SIMD2<Double>], _ classes: String, _ horizontal: AxisScale,
        _ vertical: AxisScale
    ) -> Markup {
        let path = points.map { point in
            let x = (horizontal.share(of: point.x) * 1000).fixed(1)
            let y = ((1 - vertical.share(of: point.y)) * 1000).fixed(1)
            return "\(x) \(y)"
        }
        // A path of one point is a dot by its round ends.
        let ending = path.count == 1 ? "h0.01" : ""
        return Markup("path", ["class": classes, "d": "M" + path.joined(separator: "L") + ending])
    }

    private static func percent(_ share: Double) -> String { (100 * share).fixed(2) + "%" }

    /// A value in about four digits.
    private static func number(_ value: Double) -> String {
        switch abs(value) {
        case 0: "0"
        case ..<0.001: AxisScale([0, value], endsOnTicks: false).label(value)
        case ..<10: value.fixed(3)
        case ..<1000: value.fixed(1)
        default: value.fixed(0)
        }
    }
}
