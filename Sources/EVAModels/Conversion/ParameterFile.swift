internal import EVALayers
package import EVATensorFiles
package import Torch

/// A weights file seen as the parameters of a network, in whichever naming and layout it is.
///
/// The file stays mapped; a parameter is in memory only while somebody holds it.
package struct ParameterFile: ParameterSource {
    /// Where a parameter lies: in which tensor of the file, from which of its rows.
    private struct Place {
        let entry: WeightFile.Entry
        let stored: StoredTensor
        let firstRow: Int
        let shape: [Int]
    }

    /// The naming that was found in the file.
    package let naming: WeightNaming
    /// Where the file lies.
    package let path: String
    /// Tensors in the file that are the network's.
    package let tensorCount: Int
    /// The number formats that occur in the file.
    package let elementTypes: Set<ElementType>
    private let file: WeightFile
    private let places: [String: Place]

    /// Checks the whole file against a network.
    ///
    /// - Parameters:
    ///   - container: the opened file.
    ///   - network: the network, on any device: its parameters are not touched.
    /// - Throws: `WeightsError` listing everything that is missing, unexpected or of another shape.
    package init(_ container: any TensorContainer, network: CLIP) throws {
        file = try WeightFile(container)
        _ = try WeightsLoader(file, for: network, policy: .exact)
        naming = file.naming
        path = file.path
        tensorCount = file.entries.count
        elementTypes = Set(file.entries.map(\.elementType))
        var places: [String: Place] = [:]
        let entries = Dictionary(
            file.entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        for stored in network.layout(in: naming, fusesQueryValue: file.fusesQueryValue) {
            guard let entry = entries[stored.name] else { continue }
            var row = 0
            for parameter in network.parameters(of: stored) {
                places[parameter.name] = Place(
                    entry: entry, stored: stored, firstRow: row, shape: parameter.wholeShape)
                row += parameter.wholeShape.first ?? 1
            }
        }
        self.places = places
    }

    package func elementType(of parameter: String) -> ElementType {
        place(of: parameter).entry.elementType
    }

    package func tensor(of parameter: String) throws -> Tensor {
        let place = place(of: parameter)
        var host = try file.tensor(place.entry)
        defer { host.releasePages() }
        let isJoined = place.stored.parameters.count > 1
        let rows = place.firstRow..<place.firstRow + (place.shape.first ?? 1)
        if isJoined, !place.stored.isTransposed { host = host.rows(rows) }
        let tensor = try host.makeTensor()
        guard place.stored.isTransposed else { return tensor.reshaped(place.shape) }
        let turned = tensor.transposed(0, 1)
        return isJoined ? turned.sliced(rows, dimension: 0) : turned
    }

    /// Some elements of a parameter, flat; no others are read where the file's layout allows.
    ///
    /// - Parameter piece: which elements of the parameter in the network's own shape.
    package func elements(of parameter: String, in piece: TensorPiece) throws -> HostTensor {
        let place = place(of: parameter)
        guard !place.stored.isTransposed else {
            return try tensor(of: parameter).hostTensor().elements(in: piece)
        }
        return try file.elements(
            place.entry, in: piece.inRows(from: place.firstRow, of: place.entry.shape))
    }

    package func stored(_ wanted: StoredTensor, shape: [Int]) throws -> HostTensor? {
        let place = place(of: wanted.parameters[0])
        guard place.stored.parameters == wanted.parameters,
            place.stored.isTransposed == wanted.isTransposed
        else { return nil }
        return try file.tensor(place.entry).reshaped(shape)
    }

    private func place(of parameter: String) -> Place {
        guard let place = places[parameter] else {
            fatalError("'\(parameter)' is no parameter of the network that \(path) was checked for")
        }
        return place
    }
}
