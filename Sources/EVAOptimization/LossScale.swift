/// What the loss is multiplied by before backward in 16-bit IEEE, so that small gradients do not
/// vanish (Micikevicius et al., arXiv 1710.03740, section 3.2).
///
/// Doubled after 2,000 good steps in a row, halved after a step whose gradients overflowed.
package struct LossScale: Codable, Sendable, Equatable {
    /// Good steps from one doubling to the next.
    package static let growthInterval = 2000

    /// The factor.
    package private(set) var value: Double
    /// Good steps since the factor changed.
    package private(set) var goodSteps = 0

    package init(_ value: Double) {
        self.value = value
    }

    /// Whether gradients that overflow can be the factor's fault.
    package var explainsOverflow: Bool { value >= 1 }

    /// Takes note of a step whose gradients were finite.
    package mutating func noteGoodStep() {
        goodSteps += 1
        guard goodSteps == Self.growthInterval else { return }
        goodSteps = 0
        value *= 2
    }

    /// Takes note of a step whose gradients overflowed.
    package mutating func noteOverflow() {
        goodSteps = 0
        value /= 2
    }
}
