package import Torch

/// All parameters of a model, in the order in which they were made.
package final class ParameterStore {
    /// Where the parameters live.
    package let device: Device
    /// The format in which operands of matrix products are kept; all else is fp32 in any case.
    package let dtype: DType
    /// The order of creation is the order everywhere: in files, groups and buckets.
    package private(set) var parameters: [Parameter] = []
    private var byName: [String: Parameter] = [:]

    /// - Parameters:
    ///   - device: where the parameters live.
    ///   - dtype: fp32, bf16 or fp16.
    package init(device: Device, dtype: DType = .float32) {
        self.device = device
        self.dtype = dtype
    }

    /// The parameter of that name.
    package subscript(name: String) -> Parameter? { byName[name] }

    /// The root of the names.
    package var scope: ParameterScope { ParameterScope(store: self, path: "") }

    /// The number of elements in all parameters.
    package var elementCount: Int { parameters.reduce(0) { $0 + $1.value.count } }

    /// Bytes that all parameters take.
    package var byteCount: Int {
        parameters.reduce(0) { $0 + $1.value.count * $1.value.dtype.byteCount }
    }

    /// Draws every parameter anew.
    ///
    /// Each draw is a function of the seed and the parameter's name alone, so it does not depend
    /// on the order of creation, on the device, or on what other parameters exist.
    package func initialize(seed: UInt64) {
        initialize(parameters, seed: seed)
    }

    /// Draws some parameters anew, each as `initialize(seed:)` draws it.
    package func initialize(_ parameters: [Parameter], seed: UInt64) {
        guard device != .meta else { return }
        let source = RandomSource(seed: seed)
        withoutGradient {
            for parameter in parameters {
                let draw = Tensor.empty(parameter.shape, dtype: .float32, device: .cpu)
                parameter.initializer.fill(draw, from: source.stream(parameter.name))
                parameter.master.copy(from: draw)
            }
        }
        refreshOperands()
    }

    /// Forgets all gradients.
    package func clearGradients() {
        for parameter in parameters { parameter.clearGradient() }
    }

    /// Keeps what matrix products read in `dtype` from now on, beside fp32 masters.
    ///
    /// A product casts its operands to its dtype in any case, so no result changes; norms, tables
    /// and the logit scale stay in fp32 and have no master.
    package func storeOperands(as dtype: DType) {
        for parameter in parameters where parameter.isOperand {
            parameter.split(valueDType: dtype)
        }
    }

    /// Adds the gradients of copies to their masters', in fp32.
    package func collectGradients() {
        withoutGradient {
            for parameter in parameters { parameter.collectGradient() }
        }
    }

    /// Brings copies to what their masters have become.
    package func refreshOperands() {
        let copies = parameters.filter(\.isCopy)
        guard !copies.isEmpty else { return }
        withoutGradient { Foreach.copy(copies.map(\.value), from: copies.map(\.master)) }
    }

    func make(name: String, shape: [Int], initializer: Initializer, isOperand: Bool) -> Parameter {
        let value = Tensor.empty(shape, dtype: isOperand ? dtype : .float32, device: device)
        value.requiresGradient = true
        let parameter = Parameter(
            name: name, value: value, initializer: initializer, isOperand: isOperand)
        guard byName.updateValue(parameter, forKey: name) == nil else {
            fatalError("parameter '\(name)' is made twice")
        }
        parameters.append(parameter)
        return parameter
    }
}
