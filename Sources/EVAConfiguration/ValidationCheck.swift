/// Collects the problems of a configuration value under its key paths.
struct ValidationCheck {
    private(set) var problems: [ConfigurationProblem] = []

    /// The largest width or side accepted: keeps every derived product far from integer overflow.
    static let largestSize = 1 << 16

    mutating func require(
        _ condition: Bool, _ keyPath: String, _ message: @autoclosure () -> String
    ) {
        if !condition {
            problems.append(ConfigurationProblem(keyPath: keyPath, message: message()))
        }
    }

    mutating func size(_ value: Int, _ keyPath: String, limit: Int = largestSize) {
        require(
            (1...limit).contains(value), keyPath,
            "expected a number from 1 to \(limit), got \(value)")
    }

    mutating func rate(_ value: Double, _ keyPath: String) {
        require(value >= 0 && value < 1, keyPath, "expected a rate from 0 to below 1, got \(value)")
    }

    mutating func epsilon(_ value: Double, _ keyPath: String) {
        require(
            value >= 1e-30 && value < 1, keyPath, "expected a small positive number, got \(value)")
    }

    mutating func within(_ range: FlagRange, _ value: Double, _ keyPath: String) {
        require(
            range.contains(value), keyPath, "expected a number \(range.words), got \(value)")
    }

    mutating func within(_ range: FlagRange, _ value: Int, _ keyPath: String) {
        require(
            range.contains(value), keyPath, "expected an integer \(range.words), got \(value)")
    }

    /// Holds a setting to the range of its flag.
    mutating func flag(_ name: String, _ value: Double) {
        within(Self.range(of: name), value, "--" + name)
    }

    /// Holds a setting to the range of its flag.
    mutating func flag(_ name: String, _ value: Int) {
        within(Self.range(of: name), value, "--" + name)
    }

    private static func range(of name: String) -> FlagRange {
        guard let range = FlagTable.byName[name]?.range else {
            fatalError("--\(name) is held to a range, and its definition has none")
        }
        return range
    }
}
