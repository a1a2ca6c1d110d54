package import Torch
package import TorchParallel

/// All parameters of a model, in the order in which they were made.
package final class ParameterStore {
    /// Where the parameters live.
    package let device: Device
    /// The format in which operands of matrix products are kept; all else is fp32 in any case.
    package let dtype: DType
    /// The ranks that hold the other parts of each layer.
    package let layerParts: any ProcessGroup
    /// The order of creation is the order everywhere: in files, groups and buckets.
    package private(set) var parameters: [Parameter] = []
    /// The buffers that the parameters lie in, once training asked for them.
    package private(set) var units: [ParameterUnit] = []
    /// What ranks do with the units together; nil where there are none.
    package private(set) var sharding: ParameterSharding?
    private var byName: [String: Parameter] = [:]
    private var boundaries: Set<String> = []

    /// - Parameters:
    ///   - device: where the parameters live.
    ///   - dtype: fp32, bf16 or fp16.
    ///   - layerParts: the ranks that hold the other parts of each layer.
    package init(
        device: Device, dtype: DType = .float32,
        layerParts: any ProcessGroup = SingleProcessGroup()
    ) {
        self.device = device
        self.dtype = dtype
        self.layerParts = layerParts
    }

    /// The parameter of that name.
    package subscript(name: String) -> Parameter? { byName[name] }

    /// The root of the names.
    package var scope: ParameterScope { ParameterScope(store: self, path: "", unit: "") }

    /// The number of elements in all parameters, of those that are split in this rank's part.
    package var elementCount: Int { parameters.reduce(0) { $0 + $1.value.count } }

    /// Bytes that all parameters take.
    package var byteCount: Int {
        parameters.reduce(0) { $0 + $1.value.count * $1.value.dtype.byteCount }
    }

    /// Draws every parameter anew.
    ///
    /// Each draw is a function of the seed and the parameter's name alone, so it does not depend
    /// on the order of creation, on the device, or on what other parameters exist. Of a parameter
    /// that is split all is drawn and the part kept, so it does not depend on the ranks either.
    package func initialize(seed: UInt64) {
        initialize(parameters, seed: seed)
    }

    /// Draws some parameters anew, each as `initialize(seed:)` draws it.
    package func initialize(_ parameters: [Parameter], seed: UInt64) {
        guard device != .meta else { return }
        let source = RandomSource(seed: seed)
        withoutGradient {
            for parameter in parameters {
                let draw = Tensor.empty(parameter.wholeShape, dtype: .float32, device: .cpu)
                parameter.initializer.fill(draw, from: source.stream(parameter.name))
                parameter.master.copy(from: parameter.split?.part(of: draw) ?? draw)
            }
        }
        refreshOperands()
    }

    /// Moves the parameters into flat buffers, a set for each unit, as training needs them.
    ///
    /// What matrix products read is kept in their dtype from then on, beside fp32 masters. A product
    /// casts its operands in any case, so no result changes; norms, tables and the logit scale stay
    /// in fp32 and have no master. A model that is not trained is spared the copies.
    ///
    /// - Parameters:
    ///   - ranks: the ranks of the run.
    ///   - stage: what is divided among those of the sharding axis.
    package func makeUnits(
        computeDType: DType, over ranks: ParallelContext = .single,
        stage: ParameterSharding.Stage = .nothing
    ) {
        guard units.isEmpty else { fatalError("the parameters lie in units already") }
        var members: [(name: String, parameters: [Parameter])] = []
        var places: [String: Int] = [:]
        for parameter in parameters {
            if let place = places[parameter.unit] {
                members[place].parameters.append(parameter)
            } else {
                places[parameter.unit] = members.count
                members.append((parameter.unit, [parameter]))
            }
        }
        withoutGradient {
            units = members.map {
                let count = $0.parameters.reduce(0) { $0 + $1.value.count }
                return ParameterUnit(
                    name: $0.name, $0.parameters, computeDType: computeDType, device: device,
                    owner: ParameterSharding.owner(ofElements: count, stage, ranks))
            }
        }
        sharding = ParameterSharding(stage, ranks, units: units, bounded: boundaries)
    }

    /// Notes that the layers which read a unit say when.
    func noteBoundary(of unit: String) { boundaries.insert(unit) }

    /// Forgets all gradients.
    package func clearGradients() {
        guard !units.isEmpty else {
            for parameter in parameters { parameter.clearGradient() }
            return
        }
        for unit in units { unit.clearGradients() }
    }

    /// Brings what backward passes left at the parameters together in the units' flat gradients,
    /// where it is added up in fp32.
    package func collectGradients() {
        withoutGradient {
            for unit in units { unit.collectGradients() }
        }
    }

    /// Brings the operands of 16-bit products to what their masters have become.
    package func refreshOperands() {
        withoutGradient {
            for unit in units { unit.refreshOperands() }
        }
    }

    func make(
        name: String, unit: String, shape: [Int], splitDimension: Int?, initializer: Initializer,
        isOperand: Bool
    ) -> Parameter {
        let split =
            layerParts.size == 1
            ? nil
            : splitDimension.map {
                ParameterSplit(dimension: $0, index: layerParts.rank, count: layerParts.size)
            }
        let value = Tensor.empty(
            split?.partShape(of: shape) ?? shape, dtype: isOperand ? dtype : .float32,
            device: device)
        value.requiresGradient = true
        let parameter = Parameter(
            name: name, unit: unit, value: value, wholeShape: shape, split: split,
            initializer: initializer, isOperand: isOperand)
        guard byName.updateValue(parameter, forKey: name) == nil else {
            fatalError("parameter '\(name)' is made twice")
        }
        parameters.append(parameter)
        return parameter
    }
}
