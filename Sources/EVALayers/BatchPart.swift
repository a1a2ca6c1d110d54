/// The samples of a larger batch that one forward pass holds.
package struct BatchPart: Sendable, Equatable {
    /// The first sample's place in the larger batch.
    package let start: Int
    /// Samples of the larger batch.
    package let total: Int

    package init(start: Int, total: Int) {
        self.start = start
        self.total = total
    }
}
