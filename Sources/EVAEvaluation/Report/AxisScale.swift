internal import Foundation

/// One axis of a chart: its range, and round numbers to mark.
struct AxisScale {
    let range: ClosedRange<Double>
    let ticks: [Double]
    private let step: Double

    /// - Parameters:
    ///   - values: what is shown; all finite.
    ///   - endsOnTicks: whether the range is widened to marks at both ends.
    init(_ values: [Double], endsOnTicks: Bool) {
        var low = values.min() ?? 0
        var high = values.max() ?? 1
        // From zero where that costs little height: lengths are then honest.
        if endsOnTicks, low > 0, low < 0.4 * high { low = 0 }
        if low == high {
            let margin = low == 0 ? 1 : abs(low) / 2
            (low, high) = (low - margin, high + margin)
        }
        step = Self.roundStep((high - low) / (endsOnTicks ? 5 : 7))
        let first = endsOnTicks ? (low / step).rounded(.down) : (low / step).rounded(.up)
        let last = endsOnTicks ? (high / step).rounded(.up) : (high / step).rounded(.down)
        ticks = stride(from: first, through: last, by: 1).map { [step] in $0 * step }
        range = endsOnTicks ? first * step...last * step : low...high
    }

    /// Where a value lies, from 0 to 1.
    func share(of value: Double) -> Double {
        (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    /// A mark in as few digits as tell it from the next.
    func label(_ tick: Double) -> String {
        if abs(tick) < step / 2 { return "0" }
        let exponent = Int(log10(step).rounded(.down))
        if exponent < -4 || abs(tick) >= 1e7 {
            let magnitude = Int(log10(abs(tick) * 1.000001).rounded(.down))
            let digits = max(0, magnitude - exponent + 1)
            let mantissa = (tick / pow(10, Double(magnitude))).fixed(digits)
            return "\(Self.trimmed(mantissa))e\(magnitude)"
        }
        return Self.trimmed(tick.fixed(max(0, 1 - exponent)))
    }

    /// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `least`.
    private static func roundStep(_ least: Double) -> Double {
        let power = pow(10, log10(least).rounded(.down))
        for factor in [1, 2, 2.5, 5] where factor * power >= least * 0.999999 {
            return factor * power
        }
        return 10 * power
    }

    private static func trimmed(_ number: String) -> String {
        guard number.contains(".") else { return number }
        var number = number[...]
        while number.hasSuffix("0") { number.removeLast() }
        if number.hasSuffix(".") { number.removeLast() }
        return String(number)
    }
}
