/// How the learning rates change over a run.
public struct ScheduleConfiguration: Codable, Sendable, Equatable {
    /// The course of the rates after the warm-up.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Half a cosine from the full rate to 0.
        case cosine
        /// The full rate.
        case constant
        /// The full rate, then a straight line to 0 over the last steps.
        case constantWithCooldown = "constant_with_cooldown"
    }

    /// The course of the rates after the warm-up.
    public var kind: Kind

    /// Steps over which the rates rise from 0.
    public var warmupSteps: Int

    /// The warm-up as a share of all steps; counts only where `warmupSteps` is 0.
    public var warmupRatio: Double

    /// Steps of the fall at the end of `constantWithCooldown`.
    public var cooldownSteps: Int

    /// Steps by which the schedule is ahead of the run when it starts.
    public var offsetSteps: Int

    /// Creates the default schedule: a cosine without warm-up.
    public init() {
        kind = .cosine
        warmupSteps = 0
        warmupRatio = 0
        cooldownSteps = 0
        offsetSteps = 0
    }

    /// The warm-up of a run of `totalSteps`.
    ///
    /// - Parameter totalSteps: Optimizer steps of the whole run.
    /// - Returns: Its steps.
    public func resolvedWarmupSteps(totalSteps: Int) -> Int {
        guard warmupSteps == 0 else { return warmupSteps }
        return Int((Double(totalSteps) * warmupRatio).rounded(.up))
    }

    func validate(_ check: inout ValidationCheck, totalSteps: Int?) {
        let before = check.problems.count
        check.flag("warmup_steps", warmupSteps)
        check.flag("cooldown_steps", cooldownSteps)
        check.flag("last_epoch", offsetSteps &- 1)
        check.flag("warmup_ratio", warmupRatio)
        check.require(
            kind != .constantWithCooldown || cooldownSteps > 0, "--cooldown_steps",
            "the schedule constant_with_cooldown needs a number of steps above 0")
        guard let totalSteps, check.problems.count == before else { return }
        let warmup = resolvedWarmupSteps(totalSteps: totalSteps)
        let cooldown = kind == .constantWithCooldown ? cooldownSteps : 0
        check.require(
            warmup < totalSteps, "--warmup_steps",
            "the warm-up of \(warmup) steps does not end within the run of \(totalSteps); "
                + "shorten it, or train longer (--max_steps, --num_train_epochs)")
        check.require(
            cooldown <= totalSteps - min(warmup, totalSteps), "--cooldown_steps",
            "warm-up and cool-down together are longer than the run of \(totalSteps) steps")
    }
}
