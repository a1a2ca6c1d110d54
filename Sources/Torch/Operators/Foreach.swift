/// Operations on lists of tensors, a few calls for a whole model.
///
/// The i-th result or operand belongs to the i-th tensor of the first list.
package enum Foreach {
    /// `a += weight * (b - a)`.
    package static func interpolate(_ a: [Tensor], towards b: [Tensor], weight: Double) {
        Operator.foreachLerp.run(.tensors(a), .tensors(b), .double(weight))
    }

    /// `a *= factor`.
    package static func multiply(_ a: [Tensor], by factor: Double) {
        Operator.foreachMultiplyScalar.run(.tensors(a), .double(factor))
    }

    /// `a *= factor`, a scalar on the device.
    package static func multiply(_ a: [Tensor], by factor: Tensor) {
        Operator.foreachMultiplyTensor.run(.tensors(a), .tensor(factor))
    }

    /// `a * factor` as new tensors.
    package static func scaled(_ a: [Tensor], by factor: Double) -> [Tensor] {
        Operator.foreachScaled.results(.tensors(a), .double(factor))
    }

    /// Each tensor's Euclidean norm, a scalar each.
    package static func norms(_ a: [Tensor]) -> [Tensor] {
        a.isEmpty ? [] : Operator.foreachNorm.results(.tensors(a), .double(2), .none)
    }

    /// `a = b`.
    package static func copy(_ a: [Tensor], from b: [Tensor]) {
        Operator.foreachCopy.run(.tensors(a), .tensors(b), .bool(false))
    }
}
