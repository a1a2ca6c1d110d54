internal import EVATensorFiles
internal import Foundation

/// A file of weights under the keys of its naming, whatever surrounds them in the file.
///
/// Training programs put their state dictionary under a name, or every key behind a prefix, and
/// rei's plain form keeps the text tower at the root. Tables that the program computes itself are
/// left out.
struct WeightFile {
    let naming: WeightNaming
    /// Whether projections of queries and values are one matrix (PaddleMIX's `fuse_qv`).
    let fusesQueryValue: Bool
    /// What the file holds, in its order.
    let entries: [Entry]
    private let container: any TensorContainer

    /// One tensor.
    struct Entry {
        /// Its key in the naming.
        let key: String
        let shape: [Int]
        let elementType: ElementType
        /// Its name in the file.
        fileprivate let name: String
    }

    /// - Throws: `WeightsError` when the keys are of no known naming.
    init(_ container: any TensorContainer) throws(WeightsError) {
        let keys = Self.keys(of: container.names)
        guard let naming = WeightNaming(detectedFrom: keys) else {
            throw WeightsError(
                "\(container.path): holds no EVA-CLIP weights: no key such as "
                    + "'visual.trunk.cls_token' or 'text.transformer.resblocks.0.attn.in_proj_weight'"
            )
        }
        self.naming = naming
        self.container = container
        fusesQueryValue = keys.contains { $0.contains(".attn.qv_proj.") }
        entries = zip(keys, container.entries).compactMap { key, entry in
            WeightNaming.isDerivedTable(key)
                ? nil
                : Entry(
                    key: key, shape: entry.shape, elementType: entry.elementType, name: entry.name)
        }
    }

    /// Where the file lies.
    var path: String { container.path }

    /// The elements of a tensor, mapped from the file where they can be used as they lie there.
    func tensor(_ entry: Entry) throws -> HostTensor { try container.tensor(named: entry.name) }

    /// Some elements of a tensor, flat.
    func elements(_ entry: Entry, in piece: TensorPiece) throws -> HostTensor {
        try container.elements(of: entry.name, in: piece)
    }

    /// The names of a file without what its program put before them.
    private static func keys(of names: [String]) -> [String] {
        var keys = names
        while let prefix = ["module.", "model.", "state_dict."].first(where: { prefix in
            !keys.isEmpty && keys.allSatisfy { $0.hasPrefix(prefix) }
        }) {
            keys = keys.map { String($0.dropFirst(prefix.count)) }
        }
        let isPlain =
            keys.contains { $0.hasPrefix("transformer.resblocks.") }
            && !keys.contains { $0.hasPrefix("text.") }
        guard isPlain else { return keys }
        return keys.map { key in
            key.hasPrefix("visual.") || key.hasPrefix("logit_") ? key : "text." + key
        }
    }
}
