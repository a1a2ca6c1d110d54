internal import EVALayers
package import Torch

/// Moves parameters by their gradients: the groups, the moments, and how often it has done so.
package final class Optimizer {
    package let groups: [ParameterGroup]
    package let rule: any UpdateRule
    /// The number of steps taken.
    package private(set) var stepCount = 0
    private let moments: [[(first: Tensor, second: Tensor?)]]

    package init(_ groups: [ParameterGroup], rule: any UpdateRule) {
        self.groups = groups
        self.rule = rule
        moments = groups.map { group in
            group.parameters.map {
                let zeros = $0.master.detached().zerosLike
                return (zeros(), rule.keepsSecondMoments ? zeros() : nil)
            }
        }
    }

    /// Takes one step with the gradients that the parameters hold.
    ///
    /// - Parameter rateMultiplier: the schedule's share of each group's learning rate.
    package func step(rateMultiplier: Double) {
        stepCount += 1
        withoutGradient {
            for (group, moments) in zip(groups, moments) {
                let gradients = group.parameters.map { parameter in
                    guard let gradient = parameter.gradient else {
                        fatalError("parameter '\(parameter.name)' has no gradient")
                    }
                    return gradient
                }
                rule.update(
                    group,
                    OptimizerState(
                        parameters: group.parameters.map(\.master), gradients: gradients,
                        firstMoments: moments.map(\.first),
                        secondMoments: moments.compactMap(\.second)),
                    step: stepCount, learningRate: group.learningRate * rateMultiplier)
            }
        }
    }

    /// The moments by name, as a checkpoint keeps them.
    package var namedMoments: [(name: String, tensor: Tensor)] {
        zip(groups, moments).flatMap { group, moments in
            zip(group.parameters, moments).flatMap { parameter, moments in
                [("first_moment.\(parameter.name)", moments.first)]
                    + (moments.second.map { [("second_moment.\(parameter.name)", $0)] } ?? [])
            }
        }
    }

    /// Sets how often the optimizer has stepped, after its moments were restored.
    package func resume(stepCount: Int) {
        self.stepCount = stepCount
    }
}
