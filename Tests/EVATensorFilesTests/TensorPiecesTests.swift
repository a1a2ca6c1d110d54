import Foundation
import Testing

@testable import EVATensorFiles

@Suite struct TensorPiecesTests {
    private let folder: TestFolder
    private static let shape = [6, 4, 10]
    private static let values = (0..<240).map { Float($0) }

    init() throws { folder = try TestFolder() }

    /// A tensor cut along a dimension into boxes, and each box into stretches.
    private static func cut(_ dimension: Int?, parts: Int, stretches: Int) -> [TensorPiece] {
        (0..<parts).flatMap { part in
            var (origin, size) = (shape.map { _ in 0 }, shape)
            if let dimension {
                size[dimension] /= parts
                origin[dimension] = part * size[dimension]
            }
            let count = size.reduce(1, *)
            return (0..<stretches).map { stretch in
                TensorPiece(
                    of: shape, origin: origin, size: size,
                    range: count * stretch / stretches..<count * (stretch + 1) / stretches)
            }
        }
    }

    private static let cuts = [
        cut(nil, parts: 1, stretches: 1), cut(nil, parts: 1, stretches: 7),
        cut(0, parts: 3, stretches: 2), cut(1, parts: 2, stretches: 3),
        cut(2, parts: 5, stretches: 4),
    ]

    /// The numbers of a piece, found one by one.
    private static func expected(_ piece: TensorPiece) -> [Float] {
        piece.range.map { position in
            var (rest, index) = (position, [0, 0, 0])
            for dimension in (0..<3).reversed() {
                index[dimension] = piece.origin[dimension] + rest % piece.size[dimension]
                rest /= piece.size[dimension]
            }
            return values[(index[0] * shape[1] + index[1]) * shape[2] + index[2]]
        }
    }

    private func path(_ part: Int, of count: Int) -> String {
        folder.file(TensorPieces.fileName("x-y", part: part, of: count))
    }

    private func write(_ pieces: [TensorPiece]) throws {
        for (part, piece) in pieces.enumerated() {
            let host = HostTensor(Self.values, shape: Self.shape).elements(in: piece)
            try TensorPieces.write([("k\(part)", "a", piece)], to: path(part, of: pieces.count)) {
                _ in host
            }
        }
    }

    @Test("Pieces of any cut are read as those of any other, and as the whole", arguments: cuts)
    func anyCut(pieces: [TensorPiece]) throws {
        try write(pieces)
        let last = path(pieces.count - 1, of: pieces.count)
        let container = try TensorFile.open(path: last)
        #expect(
            container.entries == [TensorEntry(name: "a", elementType: .float32, shape: Self.shape)])
        #expect(try container.tensor(named: "a").values(as: Float.self) == Self.values)
        for piece in Self.cuts.flatMap(\.self) {
            let read = try container.elements(of: "a", in: piece)
            #expect(try read.values(as: Float.self) == Self.expected(piece), "\(piece)")
        }
    }

    @Test("A set with a missing file is refused by that file's name")
    func missingFile() throws {
        try write(Self.cuts[1])
        unlink(path(3, of: 7))
        let error = try tensorFileError { _ = try TensorPieces(path: path(0, of: 7)) }
        #expect(error.description.contains("x-y-00004-of-00007.safetensors"), "\(error)")
    }

    @Test("Elements that no file has, or two have, are refused")
    func notWhole() throws {
        for (range, words) in [(0..<50, "elements 50 to 119"), (0..<130, "another file has too")] {
            try write([
                TensorPiece(of: Self.shape, range: range),
                TensorPiece(of: Self.shape, range: 120..<240),
            ])
            let error = try tensorFileError { _ = try TensorPieces(path: path(0, of: 2)) }
            #expect(error.description.contains(words), "\(error)")
        }
    }

    @Test("What a file says of its pieces is not believed where it cannot be")
    func faultyText() throws {
        let texts = [
            "", "{}",
            #"{"tensor":"a","piece":{"shape":[4],"origin":[2],"size":[3],"range":[0,2]}}"#,
            #"{"tensor":"a","piece":{"shape":[4],"origin":[0],"size":[4],"range":[3,5]}}"#,
            #"{"tensor":"a","piece":{"shape":[4],"origin":[0],"size":[4],"range":[2,0]}}"#,
            #"{"tensor":"a","piece":{"shape":[4],"origin":[-1],"size":[4],"range":[0,2]}}"#,
            #"{"tensor":"a","piece":{"shape":[4611686018427387904,4],"origin":[0,0],"size":[1,2],"range":[0,2]}}"#,
            #"{"tensor":"a","piece":{"shape":[4],"origin":[0],"size":[4],"range":[0,3]}}"#,
        ]
        for text in texts {
            try SafetensorsWriter.write(
                [("a", HostTensor([1, 2] as [Float], shape: [2]))],
                metadata: ["format": TensorPieces.format, "a": text], to: path(0, of: 1))
            let error = try tensorFileError { _ = try TensorFile.open(path: path(0, of: 1)) }
            #expect(error.description.contains("which elements these are"), "\(text): \(error)")
        }
    }

    @Test("A tensor of another shape than is asked for is refused with both")
    func otherShape() throws {
        try write(Self.cuts[0])
        let container = try TensorPieces(path: path(0, of: 1))
        let error = try tensorFileError {
            _ = try container.elements(of: "a", in: TensorPiece(of: [4, 60]))
        }
        #expect(error.description.contains("expected shape [4, 60], got [6, 4, 10]"), "\(error)")
    }

    @Test("Only names of a set's files are taken for them")
    func names() {
        #expect(TensorPieces.base(ofName: "a-b-00002-of-00010.safetensors")?.base == "a-b")
        for name in [
            "a-00003-of-00002.safetensors", "a-00000-of-00002.safetensors",
            "a-2-of-4.safetensors", "a-00001-of-00002.bin", "optimizer.safetensors",
        ] {
            #expect(TensorPieces.base(ofName: name) == nil, "\(name)")
        }
    }
}
