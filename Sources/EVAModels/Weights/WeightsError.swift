/// Weights that do not belong to the network that was built.
package struct WeightsError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
