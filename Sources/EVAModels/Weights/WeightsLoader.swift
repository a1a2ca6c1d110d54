internal import EVAConfiguration
internal import EVALayers
internal import EVATensorFiles
internal import Foundation
internal import Torch

/// Sets a model's parameters from a file of weights.
///
/// The file stays mapped and its numbers go straight into the parameters, converted and transposed
/// on the way by several threads; beside the parameters, no more than a batch of tensors is in
/// memory at any time.
struct WeightsLoader {
    /// A tensor of the file with the parameters that it is made of.
    fileprivate struct Assignment {
        let entry: WeightFile.Entry
        let stored: StoredTensor
        let parameters: [Parameter]
        /// Whether the file's grid or patch is not the model's.
        let isResized: Bool
    }

    /// Bytes of the file that are copied before their pages are let go.
    private static let batchBytes = 128 << 20

    private let file: WeightFile
    private let assignments: [Assignment]
    private let missing: [Parameter]
    private let resizeRule: GridResizeRule

    /// Checks the whole file against the model; nothing is changed yet.
    ///
    /// - Throws: `WeightsError` listing everything that is missing, unexpected or of another shape.
    init(_ file: WeightFile, for clip: CLIP, policy: WeightPolicy) throws(WeightsError) {
        var entries: [String: (place: Int, entry: WeightFile.Entry)] = [:]
        for (place, entry) in file.entries.enumerated() { entries[entry.key] = (place, entry) }
        var found: [(place: Int, assignment: Assignment)] = []
        var missing: [Parameter] = []
        var problems: [String] = []
        for stored in clip.layout(in: file.naming, fusesQueryValue: file.fusesQueryValue) {
            let parameters = clip.parameters(of: stored)
            guard let (place, entry) = entries.removeValue(forKey: stored.name) else {
                if policy.allowsMissing(stored.name, parameters.map(\.name)) {
                    missing += parameters
                } else {
                    problems.append("missing: \(stored.name)")
                }
                continue
            }
            let expected = clip.storedShape(stored)
            let isNumber = expected.allSatisfy { $0 == 1 } && entry.shape.allSatisfy { $0 == 1 }
            let fits = entry.shape == expected || isNumber
            let isResized =
                !fits && policy.resizes
                && GridResizing.canResize(stored.name, entry.shape, to: expected)
            if !fits && !isResized {
                problems.append(
                    "\(stored.name): expected shape \(expected), got \(entry.shape)")
            } else if !entry.elementType.isFloatingPoint {
                problems.append(
                    "\(stored.name): expected floating-point numbers, got \(entry.elementType)")
            }
            found.append(
                (
                    place,
                    Assignment(
                        entry: entry, stored: stored, parameters: parameters, isResized: isResized)
                ))
        }
        problems += entries.keys.sorted().map { "unexpected: \($0)" }
        guard problems.isEmpty else {
            throw WeightsError(
                "\(file.path) (\(file.naming.rawValue) names) does not fit the model, "
                    + "\(problems.count) differences: " + problems.joined(separator: "; "))
        }
        self.file = file
        self.missing = missing
        resizeRule = policy.resizeRule
        // In the order of the file, which a disk reads fastest.
        assignments = found.sorted { $0.place < $1.place }.map(\.assignment)
    }

    /// Sets the parameters.
    ///
    /// - Throws: `TensorFileError` when the file turns out to be damaged; some parameters are set
    ///   then.
    func load(into store: ParameterStore, seed: UInt64) throws -> LoadedWeights {
        let start = ContinuousClock.now
        var byteCount = 0
        var batch: [HostTensor] = []
        var copies: [HostCopy] = []
        var finishing: [() -> Void] = []
        func flush() {
            HostCopy.run(copies)
            for finish in finishing { withoutGradient(finish) }
            for tensor in batch { tensor.releasePages() }
            byteCount += batch.reduce(0) { $0 + $1.byteCount }
            (batch, copies, finishing) = ([], [], [])
        }
        for assignment in assignments {
            let tensor = try file.tensor(assignment.entry)
            batch.append(tensor)
            for (copy, finish) in try assignment.copies(from: tensor, resizing: resizeRule) {
                copies.append(copy)
                if let finish { finishing.append(finish) }
            }
            if batch.reduce(0, { $0 + $1.byteCount }) >= Self.batchBytes { flush() }
        }
        flush()
        store.initialize(missing, seed: seed)
        return LoadedWeights(
            path: file.path, naming: file.naming, byteCount: byteCount,
            seconds: (ContinuousClock.now - start) / .seconds(1),
            drawn: missing.map(\.name),
            resized: assignments.filter(\.isResized).flatMap(\.stored.parameters),
            resizeRule: resizeRule)
    }
}

extension WeightsLoader.Assignment {
    /// What to copy, each with what is left to do afterwards.
    fileprivate func copies(
        from tensor: HostTensor, resizing rule: GridResizeRule
    ) throws -> [(HostCopy, (() -> Void)?)] {
        let source = try HostCopy.Source(tensor)
        var first = 0
        return parameters.map { parameter in
            let shape = isResized ? tensor.shape : parameter.wholeShape
            let rowCount =
                parameters.count == 1 && !stored.isTransposed
                ? source.rowCount : shape.first ?? 1
            var rows = first..<first + rowCount
            var columns = 0..<(stored.isTransposed ? source.rowCount : source.columnCount)
            first += rowCount
            if let split = parameter.split {
                let part = split.range(in: shape)
                if split.dimension == 0 {
                    rows = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
                } else {
                    columns = part
                }
            }
            let goesStraight = parameter.master.device == .cpu && !isResized
            let target =
                goesStraight
                ? parameter.master.detached()
                : .empty(
                    isResized ? shape : parameter.shape,
                    dtype: isResized ? .float32 : parameter.master.dtype, device: .cpu)
            let copy = HostCopy(
                into: target, from: source, rows: stored.isTransposed ? columns : rows,
                columns: stored.isTransposed ? rows : columns, isTransposed: stored.isTransposed)
            guard !goesStraight else { return (copy, nil) }
            return (
                copy,
                {
                    let value =
                        isResized
                        ? GridResizing.resized(target, to: parameter.shape, rule: rule) : target
                    parameter.master.copy(from: value)
                }
            )
        }
    }
}

extension HostCopy.Source {
    /// A file's tensor as a matrix of its first dimension by all others.
    fileprivate init(_ tensor: HostTensor) throws {
        guard let dtype = DType(tensor.elementType) else {
            throw TorchError("element type \(tensor.elementType) is not used by the program")
        }
        let rowCount = tensor.shape.first ?? 1
        self.init(
            dtype: dtype, rowCount: rowCount,
            columnCount: rowCount == 0 ? 0 : tensor.elementCount / rowCount
        ) { body in tensor.withUnsafeBytes(body) }
    }
}
