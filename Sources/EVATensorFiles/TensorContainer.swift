/// What a file says of one tensor before its elements are read.
public struct TensorEntry: Sendable, Equatable {
    /// The tensor's name in the file.
    public let name: String
    /// The number format of the elements.
    public let elementType: ElementType
    /// Sizes of the dimensions, outermost first.
    public let shape: [Int]

    /// Describes a tensor.
    ///
    /// - Parameters:
    ///   - name: The tensor's name in the file.
    ///   - elementType: The number format of the elements.
    ///   - shape: Sizes of the dimensions, outermost first.
    public init(name: String, elementType: ElementType, shape: [Int]) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
    }

    /// Bytes that the elements take; `nil` when a size is negative or the product overflows.
    var byteCount: Int? { elementType.byteCount(ofShape: shape) }
}

/// Named tensors in a file or a set of files, whatever the format.
public protocol TensorContainer: Sendable {
    /// The file, folder or index that was opened.
    var path: String { get }
    /// Every tensor, in the order of the file.
    var entries: [TensorEntry] { get }
    /// The elements of one tensor, read when asked for.
    ///
    /// - Parameter name: A name out of `entries`.
    /// - Returns: The tensor, mapped from the file where its bytes lie there as they are needed.
    /// - Throws: `TensorFileError` when there is none of that name or its bytes are faulty.
    func tensor(named name: String) throws -> HostTensor
    /// Some elements of one tensor, flat; no others are read where that can be.
    ///
    /// - Parameters:
    ///   - name: A name out of `entries`.
    ///   - piece: Which elements of a tensor of which shape.
    /// - Throws: As `tensor(named:)`, and when the tensor has another shape.
    func elements(of name: String, in piece: TensorPiece) throws -> HostTensor
}

extension TensorContainer {
    /// The names of all tensors, in the order of the file.
    public var names: [String] { entries.map(\.name) }

    /// Some elements out of the whole tensor, of which a mapped file reads no others.
    public func elements(of name: String, in piece: TensorPiece) throws -> HostTensor {
        let tensor = try tensor(named: name)
        guard tensor.shape == piece.shape else {
            throw TensorFileError.shape(
                of: name, in: path, expected: piece.shape, got: tensor.shape)
        }
        return tensor.elements(in: piece)
    }
}
