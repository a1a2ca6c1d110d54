internal import Foundation
package import EVALayers
internal import Torch

/// Sorts a model's parameters into groups, as PaddleMIX's `clip_optimizer.py` does.
///
/// Biases, norms, position tables, the class token and the logit scale are not decayed. With a
/// layer decay below 1, a parameter of layer i out of L learns at the rate times
/// `decay ^ (L + 1 - i)`; embeddings are layer 0, what follows the blocks is layer L + 1.
package struct ParameterGrouping: Sendable {
    private let rates: [ParameterGroup.Tower: TowerRates]

    package init(visual: TowerRates, other: TowerRates, text: TowerRates) {
        rates = [.visual: visual, .other: other, .text: text]
    }

    /// The groups of all parameters that training changes: towers in the order visual, other,
    /// text, and within one by the first parameter of each group.
    package func groups(of parameters: [Parameter]) -> [ParameterGroup] {
        let trained = parameters.filter(\.isTrained)
        return ParameterGroup.Tower.allCases.flatMap { tower in
            groups(of: trained.filter { Self.tower(of: $0.name) == tower }, tower: tower)
        }
    }

    private func groups(of parameters: [Parameter], tower: ParameterGroup.Tower)
        -> [ParameterGroup]
    {
        guard let rates = rates[tower], !parameters.isEmpty else { return [] }
        let layerCount =
            1 + (parameters.compactMap { Self.blockIndex(of: $0.name) }.max() ?? -1)
        let hasLayers = rates.layerDecay < 1
        var members: [(key: GroupKey, parameters: [Parameter])] = []
        for parameter in parameters {
            let layer =
                hasLayers ? Self.layer(of: parameter.name, layerCount: layerCount) : layerCount + 1
            let key = GroupKey(layer: layer, isDecayed: Self.isDecayed(parameter))
            if let place = members.firstIndex(where: { $0.key == key }) {
                members[place].parameters.append(parameter)
            } else {
                members.append((key, [parameter]))
            }
        }
        return members.map { key, parameters in
            let scale = pow(
                hasLayers ? rates.layerDecay : 1, Double(layerCount + 1 - key.layer))
            return ParameterGroup(
                tower: tower, parameters: parameters,
                weightDecay: key.isDecayed ? rates.weightDecay : 0, layerScale: scale,
                learningRate: rates.learningRate * scale)
        }
    }

    private struct GroupKey: Equatable {
        let layer: Int
        let isDecayed: Bool
    }

    static func tower(of name: String) -> ParameterGroup.Tower {
        if name.hasPrefix("visual.") { return .visual }
        return name.hasPrefix("text.") ? .text : .other
    }

    private static let tables: Set<String> = [
        "visual.pos_embed", "visual.cls_token", "text.positional_embedding", "logit_scale",
    ]

    private static func isDecayed(_ parameter: Parameter) -> Bool {
        parameter.value.rank > 1 && !parameter.name.hasSuffix(".bias")
            && !tables.contains(parameter.name)
    }

    private static let inputParts = [
        "patch_embed", "pos_embed", "cls_token", "positional_embedding", "token_embedding",
    ]

    static func layer(of name: String, layerCount: Int) -> Int {
        if inputParts.contains(where: name.contains) { return 0 }
        return blockIndex(of: name).map { $0 + 1 } ?? layerCount + 1
    }

    /// The number after `blocks.` or `resblocks.`.
    static func blockIndex(of name: String) -> Int? {
        let parts = name.split(separator: ".")
        guard let place = parts.firstIndex(where: { $0.hasSuffix("blocks") }),
            place + 1 < parts.count
        else { return nil }
        return Int(parts[place + 1])
    }
}
