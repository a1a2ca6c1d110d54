/// How parameters are updated.
public struct OptimizationConfiguration: Codable, Sendable, Equatable {
    /// The rule of the update.
    public enum Optimizer: String, Codable, Sendable, CaseIterable {
        /// Adam with one trust ratio per tensor.
        case lamb
        /// Adam with decoupled weight decay.
        case adamW = "adamw"
        /// The sign of an interpolated momentum.
        case lion
    }

    /// The rates of one tower.
    public struct Tower: Codable, Sendable, Equatable {
        /// Learning rate of the tower's last layer.
        public var learningRate: Double

        /// Weight decay of its matrices.
        public var weightDecay: Double

        /// Factor by which the learning rate shrinks with every layer towards the input; 1 or more for none.
        public var layerDecay: Double

        /// Whether the tower's parameters stay as they are.
        public var isLocked: Bool

        /// Layers at the output end of a locked tower that are trained all the same.
        public var unlockedGroups: Int

        init(learningRate: Double) {
            self.learningRate = learningRate
            weightDecay = 0.05
            layerDecay = 0.75
            isLocked = false
            unlockedGroups = 0
        }

        func validate(_ check: inout ValidationCheck, prefix: String) {
            check.flag("\(prefix)_lr", learningRate)
            check.flag("\(prefix)_wd", weightDecay)
            check.flag("\(prefix)_ld", layerDecay)
            check.flag("lock_\(prefix)_unlocked_groups", unlockedGroups)
        }
    }

    /// The rule of the update.
    public var optimizer: Optimizer

    /// The vision tower's rates.
    public var visual: Tower

    /// The text tower's rates.
    public var text: Tower

    /// Learning rate of the logit scale, the only parameter outside the towers.
    public var logitScaleLearningRate: Double

    /// Decay of the first moment.
    public var beta1: Double

    /// Decay of the second moment.
    public var beta2: Double

    /// The denominator's epsilon; nil for the optimizer's usual one.
    public var epsilon: Double?

    /// Global gradient norm above which gradients are scaled down; nil for no clipping.
    public var maxGradientNorm: Double?

    /// How the learning rates change over the run.
    public var schedule: ScheduleConfiguration

    /// Micro-batches per optimizer step, each with a loss of its own.
    public var gradientAccumulationSteps: Int

    /// Passes over the data, where `maxSteps` is nil; a part of a pass is allowed.
    public var epochs: Double

    /// Optimizer steps of the whole run; nil to count by epochs.
    public var maxSteps: Int?

    /// Steps after which this process ends, the schedule unchanged; nil to go on to the end.
    public var stopAfterSteps: Int?

    /// Decay of the moving average of the weights; nil for none.
    public var emaDecay: Double?

    /// Whether the average leans on no step's weights more than on a later one's; otherwise it
    /// begins at the weights that training starts with.
    public var correctsAverage: Bool

    /// Creates the original's defaults: LAMB for one epoch, clipped at 1.
    public init() {
        optimizer = .lamb
        visual = Tower(learningRate: 2e-4)
        text = Tower(learningRate: 2e-5)
        logitScaleLearningRate = 5e-5
        beta1 = 0.9
        beta2 = 0.999
        epsilon = nil
        maxGradientNorm = 1
        schedule = ScheduleConfiguration()
        gradientAccumulationSteps = 1
        epochs = 1
        maxSteps = nil
        stopAfterSteps = nil
        emaDecay = nil
        correctsAverage = true
    }

    /// The epsilon in force: the given one, or 1e-6 for LAMB and 1e-8 for the others.
    public var resolvedEpsilon: Double { epsilon ?? (optimizer == .lamb ? 1e-6 : 1e-8) }

    func validate(_ check: inout ValidationCheck, totalSteps: Int?) {
        visual.validate(&check, prefix: "visual")
        text.validate(&check, prefix: "text")
        check.flag("learning_rate", logitScaleLearningRate)
        check.flag("adam_beta1", beta1)
        check.flag("adam_beta2", beta2)
        if let maxGradientNorm { check.flag("max_grad_norm", maxGradientNorm) }
        if let epsilon { check.flag("adam_epsilon", epsilon) }
        if let emaDecay { check.flag("ema_decay", emaDecay) }
        check.flag("gradient_accumulation_steps", gradientAccumulationSteps)
        if let maxSteps { check.within(.steps, maxSteps, "--max_steps") }
        if let stopAfterSteps { check.flag("stop_after_steps", stopAfterSteps) }
        check.flag("num_train_epochs", epochs)
        schedule.validate(&check, totalSteps: maxSteps ?? totalSteps)
    }
}
