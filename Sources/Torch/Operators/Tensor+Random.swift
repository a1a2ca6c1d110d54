extension Tensor {
    /// Overwrites the elements with draws from a normal distribution around zero.
    package func fillNormal(standardDeviation: Double, from source: RandomSource) {
        Operator.normal.run(
            .tensor(self), .double(0), .double(standardDeviation), .random(source))
    }

    /// Overwrites the elements with draws from a uniform distribution.
    package func fillUniform(_ range: Range<Double>, from source: RandomSource) {
        Operator.uniform.run(
            .tensor(self), .double(range.lowerBound), .double(range.upperBound), .random(source))
    }

    /// Overwrites the elements with 1 at probability `p` and 0 otherwise.
    package func fillBernoulli(_ p: Double, from source: RandomSource) {
        Operator.bernoulli.run(.tensor(self), .double(p), .random(source))
    }
}
