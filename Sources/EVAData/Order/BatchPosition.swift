/// A place in a run over the data: the epoch, and the batch in it, both from 0.
package struct BatchPosition: Sendable, Hashable, Codable, Comparable {
    /// Whole passes over the data before this place.
    package var epoch: Int
    /// Batches of this epoch before this place.
    package var step: Int

    /// Names a place.
    package init(epoch: Int = 0, step: Int = 0) {
        self.epoch = epoch
        self.step = step
    }

    package static func < (left: BatchPosition, right: BatchPosition) -> Bool {
        (left.epoch, left.step) < (right.epoch, right.step)
    }
}
