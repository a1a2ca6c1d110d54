/// One tensor as a weights file holds it, made of one or several parameters.
package struct StoredTensor: Sendable, Equatable {
    /// The key in the file.
    package let name: String
    /// The parameters laid end to end along the first dimension, in order.
    package var parameters: [String]
    /// Whether the file keeps the matrix as `[in, out]`.
    package let isTransposed: Bool
    /// The shape in the file where it is not the parameter's (a number kept as a vector of one).
    package let shape: [Int]?

    package init(
        name: String, parameters: [String], isTransposed: Bool = false, shape: [Int]? = nil
    ) {
        self.name = name
        self.parameters = parameters
        self.isTransposed = isTransposed
        self.shape = shape
    }
}
