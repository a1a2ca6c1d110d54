internal import Torch
internal import TorchParallel

/// Features of pictures with the picture's number, as ranks find them and bring them together.
struct PictureFeatures {
    /// The number of each row's picture.
    private(set) var values: [Int] = []
    private var parts: [Tensor] = []
    private let width: Int

    /// - Parameter width: of the features.
    init(width: Int) {
        self.width = width
    }

    /// - Parameter features: `[B, E]`.
    mutating func add(_ features: Tensor, values: [Int]) {
        parts.append(features)
        self.values += values
    }

    /// Those of all ranks, by rank.
    func ofAll(_ ranks: any ProcessGroup) throws -> PictureFeatures {
        guard ranks.size > 1 else { return self }
        let own =
            parts.isEmpty
            ? Tensor.full([0, width], 0, device: .cpu) : Tensor.concatenated(parts, dimension: 0)
        var all = PictureFeatures(width: width)
        all.parts = [try ranks.gather(rows: own)]
        all.values = try ranks.gather(values).flatMap { $0 }
        return all
    }

    /// The rows at some places, `[places, E]`.
    func rows(_ places: [Int]) -> Tensor {
        let rows = Tensor.concatenated(parts, dimension: 0)
        guard places != Array(places.indices) else { return rows }
        let indices = Tensor(places.map(Int64.init), shape: [places.count]).moved(to: rows.device)
        return rows.selected(indices: indices, dimension: 0)
    }
}
