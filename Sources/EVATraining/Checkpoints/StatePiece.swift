internal import EVAModels
internal import EVATensorFiles
internal import Torch

/// What this rank has of one tensor of a run's state: a stretch of a flat fp32 buffer.
struct StatePiece {
    /// The tensor's name in files.
    let name: String
    /// Which elements of the tensor they are.
    let piece: TensorPiece
    let buffer: Tensor
    /// Where they lie in the buffer.
    let range: Range<Int>
    /// Whether this rank is the one that writes them where ranks write what they have.
    let isOwn: Bool

    /// The elements, flat, as a view.
    var elements: Tensor { buffer.sliced(range, dimension: 0) }
}

/// Where the elements of pieces are read from while they are written to files.
enum StateReading {
    /// The buffers themselves, which nobody changes meanwhile.
    case inPlace
    /// Copies in host memory, which any thread may read.
    case copied(HostMemory, starts: [ObjectIdentifier: Int])

    /// Copies the buffers of pieces to host memory of `byteCount(of:)` bytes.
    static func copy(of pieces: [StatePiece], to memory: HostMemory) -> StateReading {
        let buffers = buffers(of: pieces)
        var starts: [ObjectIdentifier: Int] = [:]
        var end = 0
        for buffer in buffers {
            starts[ObjectIdentifier(buffer)] = end
            buffer.withHostBytes { memory.fill(from: $0, at: end) }
            end += buffer.count * ElementType.float32.byteCount
        }
        return .copied(memory, starts: starts)
    }

    /// Bytes of a copy.
    static func byteCount(of pieces: [StatePiece]) -> Int {
        buffers(of: pieces).reduce(0) { $0 + $1.count * ElementType.float32.byteCount }
    }

    /// What gives a piece's elements, flat; it holds no tensor where they are copied.
    func reader(of piece: StatePiece) -> () throws -> HostTensor {
        switch self {
        case .inPlace:
            return { withoutGradient { piece.elements.hostTensor() } }
        case .copied(let memory, let starts):
            guard let start = starts[ObjectIdentifier(piece.buffer)] else {
                fatalError("the buffer of '\(piece.name)' was not copied")
            }
            let (first, count) = (piece.range.lowerBound, piece.range.count)
            return {
                HostTensor(
                    elementType: .float32, shape: [count], memory: memory,
                    start: start + first * ElementType.float32.byteCount)
            }
        }
    }

    private static func buffers(of pieces: [StatePiece]) -> [Tensor] {
        var known: Set<ObjectIdentifier> = []
        return pieces.map(\.buffer).filter { known.insert(ObjectIdentifier($0)).inserted }
    }
}
