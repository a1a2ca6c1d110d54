internal import EVAConfiguration
internal import EVAEvaluation
internal import EVAModels
internal import EVATensorFiles
internal import Foundation
internal import TorchParallel

/// All that one rank writes into the folder of a checkpoint.
///
/// What the ranks share lies in pieces, each rank's in a file of its own. The writing rank writes
/// everything else, and weights that every rank has as one file that other programs read too.
struct CheckpointContents {
    /// One file of tensors.
    private struct File {
        let kind: TrainedModel.StateKind
        /// Nil where it holds pieces.
        let whole: Whole?
        let pieces: [(key: String, tensor: String, piece: TensorPiece)]
        let readers: [() throws -> HostTensor]
        /// The number of ranks that have pieces of it.
        let partCount: Int

        enum Whole {
            case weights(WeightsExport)
            case tensors
        }
    }

    private let files: [File]
    /// This rank among those that write.
    let part: Int
    let partCount: Int
    /// Writes what is no tensor of the state; nil in ranks that write pieces alone.
    private let rest: Rest?

    private struct Rest {
        let configuration: ModelConfiguration
        let preprocessing: PreprocessingConfiguration
        let golden: [TrainedModel.StateKind: GoldenVectors]
        let state: [UInt8]
    }

    /// What a rank writes of a kind of state.
    typealias Share = (kind: TrainedModel.StateKind, pieces: [StatePiece])

    /// What this rank writes of a model.
    static func share(
        of kinds: [TrainedModel.StateKind], _ model: TrainedModel, on ranks: ParallelContext
    ) -> [Share] {
        kinds.compactMap { kind in
            let isShared = model.isShared(kind)
            let pieces = model.pieces(of: kind).filter {
                isShared ? $0.isOwn : ranks.isWriter
            }
            return pieces.isEmpty ? nil : (kind, pieces)
        }
    }

    /// - Parameters:
    ///   - shares: what this rank writes of the model.
    ///   - reading: where it is read from while the checkpoint is written.
    ///   - golden: what the model computes of fixed inputs, to be kept with it.
    init(
        of model: TrainedModel, _ shares: [Share], _ state: TrainingState,
        preprocessing: PreprocessingConfiguration, reading: StateReading,
        golden: [TrainedModel.StateKind: GoldenVectors], on ranks: ParallelContext
    ) throws {
        let mesh = ranks.mesh
        let places = model.clip.places(in: ModelFolderForm.trained.naming)
        partCount = mesh.shardingDegree * mesh.tensorDegree
        part = mesh.rank % partCount
        files = try shares.map { kind, pieces in
            let readers = pieces.map { reading.reader(of: $0) }
            return File(
                kind: kind,
                whole: model.isShared(kind) ? nil : try Self.whole(kind, model, pieces, readers),
                pieces: pieces.map { piece in
                    guard kind != .optimizer, let place = places[piece.name] else {
                        return (piece.name, piece.name, piece.piece)
                    }
                    return (
                        piece.name, place.name,
                        piece.piece.inRows(from: place.firstRow, of: place.shape)
                    )
                }, readers: readers,
                // The first of the ranks that hold the same write for all.
                partCount: model.hasWhole(kind)
                    ? mesh.tensorDegree : mesh.shardingDegree * mesh.tensorDegree)
        }
        rest =
            ranks.isWriter
            ? Rest(
                configuration: model.clip.configuration, preprocessing: preprocessing,
                golden: golden, state: try state.json) : nil
    }

    private static func whole(
        _ kind: TrainedModel.StateKind, _ model: TrainedModel, _ pieces: [StatePiece],
        _ readers: [() throws -> HostTensor]
    ) throws -> File.Whole {
        guard kind != .optimizer else { return .tensors }
        let values = zip(pieces, readers).map { piece, read in
            let shape = piece.piece.shape
            return (
                piece.name,
                HostParameters.Value(elementType: .float32) { try read().reshaped(shape) }
            )
        }
        return .weights(
            try WeightsExport(
                HostParameters(Dictionary(uniqueKeysWithValues: values)), network: model.clip,
                naming: ModelFolderForm.trained.naming))
    }

    /// Writes all of it.
    ///
    /// - Returns: the digests of the files.
    /// - Throws: `TensorFileError` where a file cannot be written.
    func write(into folder: String) throws -> FolderChecksums {
        var sums = FolderChecksums()
        for file in files {
            switch file.whole {
            case .weights(let export):
                try writeModel(file.kind, export, into: folder, &sums)
            case .tensors:
                let entries = file.pieces.map {
                    TensorEntry(name: $0.key, elementType: .float32, shape: $0.piece.shape)
                }
                sums[file.kind.fileName] = try SafetensorsWriter.write(
                    entries, to: "\(folder)/\(file.kind.fileName)"
                ) { try file.readers[$0]().reshaped(entries[$0].shape) }
            case nil:
                if file.kind != .optimizer { try writeModel(file.kind, nil, into: folder, &sums) }
                let name = TensorPieces.fileName(
                    file.kind.base, part: part, of: file.partCount)
                sums[name] = try TensorPieces.write(file.pieces, to: "\(folder)/\(name)") {
                    try file.readers[$0]()
                }
            }
        }
        if let rest {
            sums[CheckpointFolder.stateFile] = try AtomicFile.write(
                rest.state, to: "\(folder)/\(CheckpointFolder.stateFile)")
        }
        return sums
    }

    /// Writes what makes a folder with weights a model's.
    private func writeModel(
        _ kind: TrainedModel.StateKind, _ export: WeightsExport?, into folder: String,
        _ sums: inout FolderChecksums
    ) throws {
        let subfolder = kind == .average ? TrainedModel.averageFolder : nil
        let path = subfolder.map { "\(folder)/\($0)" } ?? folder
        if subfolder != nil { try OutputFolder.prepare(path) }
        guard let rest else { return }
        let writer = ModelFolderWriter(
            rest.configuration, preprocessing: rest.preprocessing, form: .trained)
        sums.add(
            try writer.fill(path, with: export) { _ in rest.golden[kind] }, in: subfolder)
    }
}
