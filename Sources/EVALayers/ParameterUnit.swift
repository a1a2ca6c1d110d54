package import Torch

/// Parameters that are updated, reduced and saved together: a block, an embedding, a head.
///
/// They are views into one flat fp32 buffer, in the order in which they were made. Beside it lie,
/// in the same layout, what matrix products read where they compute in 16 bits, and the gradients.
/// So what is done to all parameters is done to ranges of few buffers.
package final class ParameterUnit {
    /// One parameter's place in the buffers.
    package struct Segment {
        package let parameter: Parameter
        /// Its elements, in row-major order.
        package let range: Range<Int>
    }

    /// Elements that a segment's start and the buffers' length are multiples of.
    ///
    /// They are two cache lines in 16 bits. What a segment leaves of its last ones stays zero.
    package static let alignment = 64

    /// The path of scopes that leads to its parameters, or the part that they are.
    package let name: String
    /// The table of what lies where.
    package let segments: [Segment]
    /// All parameters, fp32.
    package let values: Tensor
    /// All parameters in the dtype of matrix products; nil where that is fp32, or where no product
    /// reads any of them.
    package let operands: Tensor?
    /// All gradients, fp32, from when they are collected until they are cleared.
    package private(set) var gradients: Tensor?

    /// Moves parameters into buffers.
    init(name: String, _ parameters: [Parameter], computeDType: DType, device: Device) {
        var end = 0
        segments = parameters.map { parameter in
            let start = Self.aligned(end)
            end = start + parameter.shape.reduce(1, *)
            return Segment(parameter: parameter, range: start..<end)
        }
        self.name = name
        let count = Self.aligned(end)
        values = .empty([count], dtype: .float32, device: device)
        operands =
            computeDType != .float32 && parameters.contains(where: \.isOperand)
            ? .empty([count], dtype: computeDType, device: device) : nil
        Self.clear(values, outside: segments)
        for segment in segments {
            segment.parameter.move(
                to: Self.view(values, segment),
                operand: segment.parameter.isOperand
                    ? operands.map { Self.view($0, segment) } : nil)
        }
        refreshOperands()
    }

    /// The number of elements in each buffer.
    package var count: Int { values.count }

    /// Whether training changes any of its parameters.
    package var isTrained: Bool { segments.contains { $0.parameter.isTrained } }

    /// Brings the operands to what the parameters have become.
    func refreshOperands() {
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

    /// Forgets all gradients.
    func clearGradients() {
        for segment in segments { segment.parameter.clearGradient() }
        gradients = nil
    }

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

    private static func aligned(_ count: Int) -> Int {
        (count + alignment - 1) / alignment * alignment
    }
}
