/// Operations on lists of tensors, a few calls for a whole model: what optimizers are made of.
///
/// The i-th result or operand belongs to the i-th tensor of the first list.
package enum Foreach {
    /// `a += scale * b`.
    package static func add(_ a: [Tensor], _ b: [Tensor], scale: Double = 1) {
        Operator.foreachAddList.run(.tensors(a), .tensors(b), .double(scale))
    }

    /// `a += number`.
    package static func add(_ a: [Tensor], _ number: Double) {
        Operator.foreachAddScalar.run(.tensors(a), .double(number))
    }

    /// `a += scales * x / y`.
    package static func addQuotients(
        _ a: [Tensor], _ x: [Tensor], over y: [Tensor], scales: [Double]
    ) {
        Operator.foreachAddcdiv.run(.tensors(a), .tensors(x), .tensors(y), .scalars(scales))
    }

    /// `a += scale * x * y`.
    package static func addProducts(_ a: [Tensor], _ x: [Tensor], _ y: [Tensor], scale: Double) {
        Operator.foreachAddcmul.run(.tensors(a), .tensors(x), .tensors(y), .double(scale))
    }

    /// `a += weight * (b - a)`.
    package static func interpolate(_ a: [Tensor], towards b: [Tensor], weight: Double) {
        Operator.foreachLerp.run(.tensors(a), .tensors(b), .double(weight))
    }

    /// `a *= factor`.
    package static func multiply(_ a: [Tensor], by factor: Double) {
        Operator.foreachMultiplyScalar.run(.tensors(a), .double(factor))
    }

    /// `a *= factors`, a number each.
    package static func multiply(_ a: [Tensor], by factors: [Double]) {
        Operator.foreachMultiplyScalars.run(.tensors(a), .scalars(factors))
    }

    /// `a *= factor`, a scalar on the device.
    package static func multiply(_ a: [Tensor], by factor: Tensor) {
        Operator.foreachMultiplyTensor.run(.tensors(a), .tensor(factor))
    }

    /// `a * factor` as new tensors.
    package static func scaled(_ a: [Tensor], by factor: Double) -> [Tensor] {
        Operator.foreachScaled.results(.tensors(a), .double(factor))
    }

    /// `a / b` as new tensors.
    package static func quotients(_ a: [Tensor], _ b: [Tensor]) -> [Tensor] {
        Operator.foreachDivide.results(.tensors(a), .tensors(b))
    }

    /// `a /= b`.
    package static func divide(_ a: [Tensor], by b: [Tensor]) {
        Operator.foreachDivideInPlace.run(.tensors(a), .tensors(b))
    }

    /// The square roots as new tensors.
    package static func squareRoots(_ a: [Tensor]) -> [Tensor] {
        Operator.foreachSquareRoot.results(.tensors(a))
    }

    /// `a = sign(a)`.
    package static func takeSigns(_ a: [Tensor]) {
        Operator.foreachSignInPlace.run(.tensors(a))
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
