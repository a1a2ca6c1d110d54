internal import EVALayers
internal import EVAOptimization
internal import EVAModels
internal import EVATensorFiles
internal import Torch
internal import TorchParallel

// The state of a run as tensors by name, and what this rank has of each.
extension TrainedModel {
    /// What a checkpoint keeps in files of its own.
    enum StateKind: CaseIterable {
        case weights
        case average
        /// The moments, and the figures that wait for a report.
        case optimizer

        /// What the names of its files begin with, from the checkpoint's folder.
        var base: String {
            switch self {
            case .weights: "open_clip_model"
            case .average: "ema/open_clip_model"
            case .optimizer: "optimizer"
            }
        }

        /// Its file where the ranks do not share it.
        var fileName: String { base + ".safetensors" }
    }

    /// Whether no rank has all of it, so that each writes what it has.
    func isShared(_ kind: StateKind) -> Bool {
        isSplit || isShared && (kind != .weights || sharesParameters)
    }

    /// Whether each rank of the sharding axis has all that its part of the layers has of it.
    func hasWhole(_ kind: StateKind) -> Bool {
        !isShared || kind == .weights && !sharesParameters
    }

    /// Whether ranks hold parts of layers.
    var isSplit: Bool { clip.store.parameters.contains(where: \.isSplit) }

    private var sharesParameters: Bool { clip.store.sharding?.sharesParameters ?? false }

    private var mesh: DeviceMesh { clip.store.sharding?.ranks.mesh ?? .single }

    /// Whether this rank writes what it has of a parameter.
    ///
    /// - Parameter isShare: whether the other ranks of the sharding axis have other elements.
    private func isOwn(_ parameter: Parameter, isShare: Bool) -> Bool {
        (isShare || mesh.rank(along: .sharding) == 0)
            && (parameter.isSplit || mesh.rank(along: .tensor) == 0)
    }

    /// What this rank has.
    func pieces(of kind: StateKind) -> [StatePiece] {
        switch kind {
        case .weights:
            return clip.store.units.flatMap { unit in
                sharesParameters
                    ? shares(of: unit, in: unit.shareValues)
                    : unit.segments.map {
                        StatePiece(
                            name: $0.parameter.name, piece: $0.parameter.piece(nil),
                            buffer: unit.values, range: $0.range,
                            isOwn: isOwn($0.parameter, isShare: false))
                    }
            }
        case .average:
            guard let average else { return [] }
            return clip.store.units.flatMap { unit in
                shares(of: unit, in: average.buffer(of: unit) ?? unit.shareValues)
            }
        case .optimizer:
            let figures = [("report.loss_sum", lossSum), ("report.gradient_norm", gradientNorm)]
            return optimizer.moments.compactMap {
                share(
                    of: $0.segment, $0.parameter, in: $0.share, of: $0.unit, named: $0.name)
            }
                + figures.map { name, figure in
                    StatePiece(
                        name: name, piece: TensorPiece(of: []), buffer: figure.reshaped([1]),
                        range: 0..<1,
                        isOwn: mesh.rank % (mesh.shardingDegree * mesh.tensorDegree) == 0)
                }
        }
    }

    private func shares(of unit: ParameterUnit, in buffer: Tensor) -> [StatePiece] {
        unit.segments.compactMap {
            share(
                of: $0.range, $0.parameter, in: buffer, of: unit, named: $0.parameter.name)
        }
    }

    /// What this rank keeps of a parameter's segment; nil where that is nothing.
    private func share(
        of segment: Range<Int>, _ parameter: Parameter, in buffer: Tensor, of unit: ParameterUnit,
        named name: String
    ) -> StatePiece? {
        let own = unit.ownRange(of: segment)
        guard !own.isEmpty else { return nil }
        return StatePiece(
            name: name, piece: parameter.piece(own), buffer: buffer,
            range: unit.shareRange(of: segment),
            isOwn: isOwn(parameter, isShare: unit.isShared))
    }
}

extension Parameter {
    /// A range of what this rank holds of the parameter, all of it where nil, as a piece of the whole.
    fileprivate func piece(_ range: Range<Int>?) -> TensorPiece {
        var origin = wholeShape.map { _ in 0 }
        if let split { origin[split.dimension] = split.range(in: wholeShape).lowerBound }
        return TensorPiece(of: wholeShape, origin: origin, size: shape, range: range)
    }
}
