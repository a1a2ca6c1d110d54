internal import EVAData
internal import EVAModels
internal import EVATensorFiles
internal import Torch

/// Tensors that were prepared elsewhere: what `--pixels` names.
struct ReadyTensors {
    /// `[N, 3, S, S]`, fp32.
    let images: Tensor?
    /// Token ids, one list a text.
    let ids: [[Int32]]?

    init(path: String) throws {
        let file = try SafetensorsFile(path: path)
        images = try file["image"].map { try $0.makeTensor() }
        ids = try file["input_ids"].map { tensor in
            guard tensor.shape.count == 2, tensor.shape[1] > 0 else {
                throw DataError(
                    path, "input_ids: expected shape [M, L], got \(tensor.shape)")
            }
            let values = try tensor.values(as: Int64.self)
            return stride(from: 0, to: values.count, by: tensor.shape[1]).map { start in
                values[start..<start + tensor.shape[1]].map { Int32(clamping: $0) }
            }
        }
        guard images != nil || ids != nil else {
            throw DataError(
                path,
                "expected a tensor 'image' [N, 3, S, S] or 'input_ids' [M, L], found: "
                    + file.names.sorted().joined(separator: ", "))
        }
    }
}
