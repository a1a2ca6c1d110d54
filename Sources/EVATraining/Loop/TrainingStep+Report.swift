internal import EVAConfiguration
internal import EVALayers
internal import EVAModels
internal import EVAOptimization
internal import Torch

// The numbers of the steps since the last report.
extension TrainingStep {
    /// Reads the device's numbers back.
    ///
    /// - Parameters:
    ///   - state: where the run stands.
    ///   - seconds: of a step, and of these waiting for data.
    /// - Returns: nil for a stretch of which every step was skipped.
    func report(of state: TrainingState, seconds: (step: Double, data: Double)) -> StepReport? {
        let taken = state.unreportedSteps - state.unreportedSkips
        guard taken > 0 else { return nil }
        let multiplier = schedule.multiplier(afterSteps: state.step - 1)
        let device = model.lossSum.device
        return StepReport(
            step: state.step, loss: model.lossSum.item() / Double(taken),
            learningRate: optimization.logitScaleLearningRate * multiplier,
            visualLearningRate: optimization.visual.learningRate * multiplier,
            textLearningRate: optimization.text.learningRate * multiplier,
            gradientNorm: model.gradientNorm.item(),
            logitScale: model.clip.logitScale.value.detached().exp().item(),
            lossScale: state.lossScale?.value,
            skippedSteps: state.unreportedSkips > 0 ? state.unreportedSkips : nil,
            samplesPerSecond: Double(samplesPerStep) / seconds.step, dataSeconds: seconds.data,
            stepSeconds: seconds.step,
            peakMegabytes: device.kind == .cuda ? DeviceMemory(of: device).peakBytes >> 20 : nil)
    }
}
