package import EVALayers

extension ParameterGrouping {
    /// Takes a tower's parameters out of training, but for some at its output end (locked-image
    /// tuning: Zhai et al., arXiv 2111.07991).
    ///
    /// Groups are open_clip's, counted from the output: the projection into the joint space, the
    /// last block with the norm behind it, each block before it, the embeddings.
    ///
    /// - Parameters:
    ///   - tower: the vision or the text tower.
    ///   - unlockedGroups: how many groups at the output end are trained all the same.
    /// - Returns: how many parameters are locked.
    package static func lock(
        _ tower: ParameterGroup.Tower, of parameters: [Parameter], unlockedGroups: Int
    ) -> Int {
        let members = parameters.filter { Self.tower(of: $0.name) == tower }
        let layerCount = 1 + (members.compactMap { blockIndex(of: $0.name) }.max() ?? -1)
        var count = 0
        for parameter in members {
            let isLastNorm = lastNorms.contains(where: parameter.name.hasPrefix)
            let group =
                isLastNorm ? layerCount : layer(of: parameter.name, layerCount: layerCount)
            guard layerCount + 1 - group >= unlockedGroups else { continue }
            parameter.isTrained = false
            count += 1
        }
        return count
    }

    private static let lastNorms = ["visual.norm.", "text.ln_final."]
}
