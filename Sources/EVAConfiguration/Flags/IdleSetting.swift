/// Flags that can be given and then change nothing: when that is, and the words that say so.
///
/// What can be said of a flag without looking at the others stands in its definition as its effect.
package struct IdleSetting<Run>: Sendable {
    /// The flags' names.
    package let flags: [String]
    /// Why they change nothing.
    package let reason: String
    private let isIdle: @Sendable (Run, FlagValues) -> Bool

    init(
        _ flags: String..., because reason: String,
        when isIdle: @escaping @Sendable (_ run: Run, _ flags: FlagValues) -> Bool
    ) {
        self.flags = flags
        self.reason = reason
        self.isIdle = isIdle
    }

    /// A warning for each of the flags that was given, has another value than its default, and
    /// changes nothing.
    func warnings(_ run: Run, _ values: FlagValues) -> [String] {
        let given = flags.filter(values.isChanged)
        guard !given.isEmpty, isIdle(run, values) else { return [] }
        return given.map { "--\($0) has no effect: \(reason)" }
    }
}

extension TrainingConfiguration {
    /// A line for every flag that was given and changes nothing in this run.
    ///
    /// - Parameters:
    ///   - flags: The flags that this run was made of.
    ///   - ranks: How many processes it has.
    package func warnings(of flags: FlagValues, ranks: Int = 1) -> [String] {
        let settings = ranks > 1 ? IdleSettings.trainingOnRanks : IdleSettings.training
        return flags.warnings + settings.flatMap { $0.warnings(self, flags) }
    }
}

extension EvaluationConfiguration {
    /// A line for every flag that was given and changes nothing in this evaluation.
    ///
    /// - Parameter flags: The flags that this evaluation was made of.
    package func warnings(of flags: FlagValues) -> [String] {
        flags.warnings + IdleSettings.evaluation.flatMap { $0.warnings(self, flags) }
    }
}
