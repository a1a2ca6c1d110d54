/// Why a training run cannot start or go on.
package struct TrainingError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
