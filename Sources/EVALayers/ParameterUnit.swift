package import Torch

/// Parameters that are gathered, reduced, updated and saved together: a block, an embedding, a head.
///
/// They are views into one flat fp32 buffer, in the order in which they were made. Beside it lie,
/// in the same layout, what matrix products read where they compute in 16 bits, and the gradients.
/// So what is done to all parameters is done to ranges of few buffers, and what one of several
/// ranks does to its share is done to one range of each.
package final class ParameterUnit {
    /// One parameter's place in the buffers.
    package struct Segment {
        package let parameter: Parameter
        /// Its elements, in row-major order.
        package let range: Range<Int>
    }

    /// Elements that a segment's start and each rank's share are multiples of.
    ///
    /// They are two cache lines in 16 bits. What a segment leaves of its last ones stays zero.
    package static let alignment = 64

    /// The path of scopes that leads to its parameters, or the part that they are.
    package let name: String
    /// The table of what lies where.
    package let segments: [Segment]
    /// The number of elements in each buffer.
    package let count: Int
    /// All parameters, fp32; without memory while `isWhole` is false.
    package let values: Tensor
    /// All parameters in the dtype of matrix products.
    ///
    /// Nil where that is fp32, or where no product reads any of them; without memory while `isWhole`
    /// is false.
    package let operands: Tensor?
    /// All gradients of this rank's samples, fp32, from when they are collected until they are
    /// summed or cleared.
    package private(set) var gradients: Tensor?

    /// Whether the ranks of a group update a share each, and not every rank all of it.
    package let isShared: Bool
    /// What this rank updates: all elements of a unit that is not shared.
    package let share: Range<Int>
    /// The share's parameters, fp32: a view into `values`, or what is kept while `values` has no
    /// memory.
    package private(set) var shareValues: Tensor
    private var summedGradients: Tensor?
    /// Whether `values` and `operands` have memory.
    private(set) var isWhole = true
    /// Names of the same buffers through which backward does not see them filled again.
    private let filling: (values: Tensor, operands: Tensor?)

    /// Moves parameters into buffers.
    ///
    /// - Parameter owner: which of how many ranks this one is; nil where each updates all.
    init(
        name: String, _ parameters: [Parameter], computeDType: DType, device: Device,
        owner: (rank: Int, of: Int)? = nil
    ) {
        var end = 0
        segments = parameters.map { parameter in
            let start = Self.aligned(end)
            end = start + parameter.shape.reduce(1, *)
            return Segment(parameter: parameter, range: start..<end)
        }
        self.name = name
        let owners = owner?.of ?? 1
        count = Self.aligned(end, to: Self.alignment * owners)
        let length = count / owners
        let start = (owner?.rank ?? 0) * length
        isShared = owners > 1
        share = start..<start + length
        values = .empty([count], dtype: .float32, device: device)
        operands =
            computeDType != .float32 && parameters.contains(where: \.isOperand)
            ? .empty([count], dtype: computeDType, device: device) : nil
        shareValues = isShared ? values.sliced(share, dimension: 0) : values
        filling = (values.uncountedAlias(), operands?.uncountedAlias())
        Self.clear(values, outside: segments)
        for segment in segments {
            segment.parameter.move(
                to: Self.view(values, segment),
                operand: segment.parameter.isOperand
                    ? operands.map { Self.view($0, segment) } : nil)
        }
        refreshOperands()
    }

    /// Whether training changes any of its parameters.
    package var isTrained: Bool { segments.contains { $0.parameter.isTrained } }

    /// The gradients of this rank's share, over the samples of all ranks once they are summed.
    package var shareGradients: Tensor? { isShared ? summedGradients : gradients }

    /// What of a segment this rank updates, counted from its share's start.
    package func shareRange(of segment: Range<Int>) -> Range<Int> {
        guard segment.overlaps(share) else { return 0..<0 }
        let range = segment.clamped(to: share)
        return range.lowerBound - share.lowerBound..<range.upperBound - share.lowerBound
    }

    /// What of a segment this rank updates, counted from the segment's start.
    package func ownRange(of segment: Range<Int>) -> Range<Int> {
        guard segment.overlaps(share) else { return 0..<0 }
        let range = segment.clamped(to: share)
        return range.lowerBound - segment.lowerBound..<range.upperBound - segment.lowerBound
    }

    /// Brings the operands to what the parameters have become.
    func refreshOperands() {
        guard isWhole else { return }
        operands?.copy(from: values)
    }

    /// Adds what backward passes left at the parameters to the flat gradients, in fp32.
    ///
    /// What was collected before stays; nothing happens where nothing came.
    package func collectGradients() {
        let arrived = segments.filter { $0.parameter.hasNewGradient }
        guard !arrived.isEmpty else { return }
        let flat = gradients ?? emptyGradients(awaiting: arrived)
        for segment in arrived {
            segment.parameter.collectGradient { Self.view(flat, segment) }
        }
    }

    /// Adds a sum over the ranks to the share's gradients, and forgets those that it was made of.
    func takeSum(_ sum: Tensor) {
        if let summedGradients {
            summedGradients.add(inPlace: sum)
        } else {
            summedGradients = sum
        }
        forgetCollected()
    }

    /// Forgets all gradients.
    func clearGradients() {
        forgetCollected()
        summedGradients = nil
    }

    private func forgetCollected() {
        for segment in segments { segment.parameter.clearGradient() }
        gradients = nil
    }

    // MARK: Units of which a rank keeps its share alone

    /// Keeps the share and lets the memory of all parameters go.
    func letGo() {
        guard isWhole else { return }
        if !ownsShare {
            let own = Tensor.empty([share.count], dtype: .float32, device: values.device)
            own.copy(from: shareValues)
            shareValues = own
            ownsShare = true
        }
        isWhole = false
        values.releaseMemory()
        operands?.releaseMemory()
    }

    /// Takes the share from all parameters, which have been set.
    func takeShare() {
        if ownsShare, isWhole {
            shareValues.copy(from: filling.values.sliced(share, dimension: 0))
        }
    }

    /// Gives all parameters memory and lets them be filled.
    ///
    /// - Parameter gather: lays the shares of all ranks together in the tensor that it is given.
    func makeWhole(_ gather: (_ share: Tensor, _ all: Tensor) throws -> Void) throws {
        guard !isWhole else { return }
        try values.allocateMemory()
        try operands?.allocateMemory()
        // From here on they can be read, whatever the ranks say.
        isWhole = true
        try gather(shareValues, filling.values)
        filling.operands?.copy(from: filling.values)
    }

    /// Brings all parameters to what the ranks have made of their shares.
    func spread(_ gather: (_ share: Tensor, _ all: Tensor) throws -> Void) throws {
        guard isShared, isWhole else { return }
        try gather(shareValues, filling.values)
        refreshOperands()
    }

    private var ownsShare = false

    /// Gradients that are zero but where some are about to be written.
    private func emptyGradients(awaiting arrived: [Segment]) -> Tensor {
        let flat = Tensor.empty([count], dtype: .float32, device: values.device)
        Self.clear(flat, outside: arrived)
        gradients = flat
        return flat
    }

    private static func view(_ buffer: Tensor, _ segment: Segment) -> Tensor {
        buffer.sliced(segment.range, dimension: 0).reshaped(segment.parameter.shape).detached()
    }

    private static func clear(_ buffer: Tensor, outside segments: [Segment]) {
        var end = 0
        for range in segments.map(\.range) + [buffer.count..<buffer.count] {
            if range.lowerBound > end {
                buffer.sliced(end..<range.lowerBound, dimension: 0).fill(0)
            }
            end = range.upperBound
        }
    }

    private static func aligned(_ count: Int, to step: Int = alignment) -> Int {
        (count + step - 1) / step * step
    }
}
