internal import EVALayers
internal import EVAOptimization
internal import EVAModels
internal import EVATensorFiles
internal import Torch

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
        let sharesParameters = clip.store.sharding?.sharesParameters ?? false
        return isShared && (kind != .weights || sharesParameters)
    }

    /// What this rank has.
    func pieces(of kind: StateKind) -> [StatePiece] {
        switch kind {
        case .weights:
            return clip.store.units.flatMap { unit in
                isShared(.weights)
                    ? shares(of: unit, in: unit.shareValues)
                    : unit.segments.map {
                        StatePiece(
                            name: $0.parameter.name, piece: TensorPiece(of: $0.parameter.shape),
                            buffer: unit.values, range: $0.range, isShared: false)
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
                Self.share(
                    of: $0.segment, $0.parameter, in: $0.share, of: $0.unit, named: $0.name)
            }
                + figures.map { name, figure in
                    StatePiece(
                        name: name, piece: TensorPiece(of: []), buffer: figure.reshaped([1]),
                        range: 0..<1, isShared: false)
                }
        }
    }

    private func shares(of unit: ParameterUnit, in buffer: Tensor) -> [StatePiece] {
        unit.segments.compactMap {
            Self.share(
                of: $0.range, $0.parameter, in: buffer, of: unit, named: $0.parameter.name)
        }
    }

    /// What this rank keeps of a parameter's segment; nil where that is nothing.
    private static func share(
        of segment: Range<Int>, _ parameter: Parameter, in buffer: Tensor, of unit: ParameterUnit,
        named name: String
    ) -> StatePiece? {
        let own = unit.ownRange(of: segment)
        guard !own.isEmpty else { return nil }
        return StatePiece(
            name: name, piece: TensorPiece(of: parameter.shape, range: own), buffer: buffer,
            range: unit.shareRange(of: segment), isShared: unit.isShared)
    }
}
