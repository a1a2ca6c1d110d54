/// Some elements of a tensor: a stretch of the elements of a box in it.
///
/// The box is what one of several ranks holds of a tensor that is split, the whole tensor as a
/// rule; the stretch is what it keeps of that.
public struct TensorPiece: Sendable, Equatable {
    /// The shape of the whole tensor.
    public let shape: [Int]
    /// Where the box begins in each dimension.
    public let origin: [Int]
    /// How long the box is in each dimension.
    public let size: [Int]
    /// The elements of the box that belong to the piece, counted in row-major order.
    public let range: Range<Int>

    /// A stretch of a whole tensor; all of it where `range` is nil.
    public init(of shape: [Int], range: Range<Int>? = nil) {
        self.init(of: shape, origin: shape.map { _ in 0 }, size: shape, range: range)
    }

    /// A stretch of a box in a tensor, all of the box where `range` is nil; traps where it is not
    /// inside.
    public init(of shape: [Int], origin: [Int], size: [Int], range: Range<Int>? = nil) {
        self.shape = shape
        self.origin = origin
        self.size = size
        self.range = range ?? 0..<size.reduce(1, *)
        guard isInside else { fatalError("TensorPiece: \(self) is not inside its tensor") }
    }

    /// The number of elements.
    public var count: Int { range.count }

    /// Whether it is all of its tensor.
    public var isWhole: Bool { size == shape && count == shape.reduce(1, *) }

    /// The same elements where the tensor is some rows of another of the same rows, or the other
    /// itself in another shape.
    ///
    /// - Parameters:
    ///   - whole: the shape of the other tensor.
    ///   - firstRow: where its rows begin there.
    package func inRows(from firstRow: Int, of whole: [Int]) -> TensorPiece {
        guard whole != shape else { return self }
        // Where all of it is taken, the elements have the same order in any shape.
        guard shape.count == whole.count, !shape.isEmpty else {
            return TensorPiece(of: whole, range: range)
        }
        return TensorPiece(
            of: whole, origin: [origin[0] + firstRow] + origin.dropFirst(), size: size,
            range: range)
    }

    /// Whether the box lies in the tensor, and the stretch in the box.
    private var isInside: Bool {
        guard origin.count == shape.count, size.count == shape.count,
            ElementType.uint8.byteCount(ofShape: shape) != nil
        else { return false }
        let fits = zip(shape, zip(origin, size)).allSatisfy { length, side in
            side.0 >= 0 && side.1 >= 0 && side.0 <= length && side.1 <= length - side.0
        }
        return fits && range.lowerBound >= 0 && range.upperBound <= size.reduce(1, *)
    }
}

extension TensorPiece: Codable {
    private enum Key: String, CodingKey {
        case shape, origin, size, range
    }

    /// Reads a piece, as a file describes it.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        shape = try values.decode([Int].self, forKey: .shape)
        origin = try values.decode([Int].self, forKey: .origin)
        size = try values.decode([Int].self, forKey: .size)
        let bounds = try values.decode([Int].self, forKey: .range)
        guard bounds.count == 2, bounds[0] <= bounds[1] else {
            throw DecodingError.dataCorruptedError(
                forKey: .range, in: values, debugDescription: "is no range")
        }
        range = bounds[0]..<bounds[1]
        guard isInside else {
            throw DecodingError.dataCorruptedError(
                forKey: .shape, in: values, debugDescription: "the piece is not inside")
        }
    }

    /// Describes the piece for a file.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(shape, forKey: .shape)
        try values.encode(origin, forKey: .origin)
        try values.encode(size, forKey: .size)
        try values.encode([range.lowerBound, range.upperBound], forKey: .range)
    }
}

extension TensorPiece {
    /// Elements that are neighbours in the whole tensor as well as in the piece.
    struct Run: Equatable {
        /// The first one's place in the whole tensor.
        var whole: Int
        /// Its place in the piece.
        var own: Int
        var count: Int
    }

    /// All elements, in their order, which is ascending in the whole tensor too.
    var runs: [Run] {
        guard count > 0 else { return [] }
        // Dimensions behind the last one that is cut are whole, so that their elements follow.
        let cut = shape.indices.last { shape[$0] != size[$0] } ?? 0
        let inner = shape.dropFirst(cut + 1).reduce(1, *)
        let length = (size.isEmpty ? 1 : size[cut]) * inner
        var runs: [Run] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let (row, column) = position.quotientAndRemainder(dividingBy: length)
            let end = min(range.upperBound, (row + 1) * length)
            runs.append(
                Run(
                    whole: start(ofRow: row, cut: cut, inner: inner) + column,
                    own: position - range.lowerBound, count: end - position))
            position = end
        }
        return runs
    }

    /// Where a row of the box's dimensions up to `cut` begins in the whole tensor.
    private func start(ofRow row: Int, cut: Int, inner: Int) -> Int {
        guard !shape.isEmpty else { return 0 }
        var (start, rest, stride) = (origin[cut] * inner, row, inner)
        for dimension in (0..<cut).reversed() {
            stride *= shape[dimension + 1]
            let (next, index) = rest.quotientAndRemainder(dividingBy: size[dimension])
            start += (origin[dimension] + index) * stride
            rest = next
        }
        return start
    }

    /// Copies what another piece of the same tensor has of this one's elements.
    ///
    /// - Parameters:
    ///   - source: the other piece.
    ///   - bytes: its elements.
    ///   - target: this piece's elements.
    ///   - stride: bytes of an element.
    /// - Returns: the number of elements that were copied.
    @discardableResult
    func copy(
        from source: TensorPiece, _ bytes: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer, stride: Int
    ) -> Int {
        var copied = 0
        let (theirs, mine) = (source.runs, runs)
        var (place, other) = (0, 0)
        while place < mine.count, other < theirs.count {
            let (a, b) = (mine[place], theirs[other])
            let start = max(a.whole, b.whole)
            let end = min(a.whole + a.count, b.whole + b.count)
            if start < end {
                let from = (b.own + start - b.whole) * stride
                let to = (a.own + start - a.whole) * stride
                let length = (end - start) * stride
                UnsafeMutableRawBufferPointer(rebasing: target[to..<to + length]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[from..<from + length]))
                copied += end - start
            }
            if a.whole + a.count <= b.whole + b.count {
                place += 1
            } else {
                other += 1
            }
        }
        return copied
    }
}
