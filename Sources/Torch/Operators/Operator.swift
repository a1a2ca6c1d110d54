internal import CTorch
internal import CTorchKernels

/// The operators of libtorch that the program calls, by name and overload.
///
/// The snapshot test holds the schema of each, so that another libtorch shows as a readable
/// difference.
package enum Operator: String, CaseIterable, Sendable {
    // Creation
    case arange = "aten::arange.start_step"
    case empty = "aten::empty.memory_format"
    case emptyLike = "aten::empty_like"
    case full = "aten::full"
    // Elementwise
    case add = "aten::add.Tensor"
    case addScalar = "aten::add.Scalar"
    case addInPlace = "aten::add_.Tensor"
    case bitwiseNot = "aten::bitwise_not"
    case bitwiseAnd = "aten::bitwise_and.Tensor"
    case clamp = "aten::clamp"
    case clampInPlace = "aten::clamp_"
    case copyInPlace = "aten::copy_"
    case divide = "aten::div.Tensor"
    case divideScalar = "aten::div.Scalar"
    case equal = "aten::eq.Tensor"
    case exp = "aten::exp"
    case fillInPlace = "aten::fill_.Scalar"
    case gelu = "aten::gelu"
    case isFinite = "aten::isfinite"
    case log = "aten::log"
    case maskedFill = "aten::masked_fill.Scalar"
    case multiply = "aten::mul.Tensor"
    case multiplyScalar = "aten::mul.Scalar"
    case multiplyInPlace = "aten::mul_.Scalar"
    case multiplyTensorInPlace = "aten::mul_.Tensor"
    case negate = "aten::neg"
    case reciprocalSquareRoot = "aten::rsqrt"
    case sigmoid = "aten::sigmoid"
    case silu = "aten::silu"
    case softplus = "aten::softplus"
    case subtract = "aten::sub.Tensor"
    case castTo = "aten::to.dtype"
    case moveTo = "aten::to.device"
    case whereScalarOther = "aten::where.ScalarOther"
    // Shapes
    case concatenate = "aten::cat"
    case contiguous = "aten::contiguous"
    case detach = "aten::detach"
    case diagonal = "aten::diagonal"
    case expand = "aten::expand"
    case flatten = "aten::flatten.using_ints"
    case gather = "aten::gather"
    case indexSelect = "aten::index_select"
    case narrow = "aten::narrow"
    case permute = "aten::permute"
    case reshape = "aten::reshape"
    case select = "aten::select.int"
    case shareMemory = "aten::set_.source_Tensor"
    case stack = "aten::stack"
    case transpose = "aten::transpose.int"
    case unsqueeze = "aten::unsqueeze"
    case view = "aten::view"
    case viewAsComplex = "aten::view_as_complex"
    case viewAsReal = "aten::view_as_real"
    // Reductions
    case all = "aten::all"
    case argmax = "aten::argmax"
    case argsort = "aten::argsort"
    case logSumExp = "aten::logsumexp"
    case mean = "aten::mean.dim"
    case sum = "aten::sum"
    case sumDimensions = "aten::sum.dim_IntList"
    case topK = "aten::topk"
    case vectorNorm = "aten::linalg_vector_norm"
    // Networks
    case embedding = "aten::embedding"
    case layerNorm = "evaclip::layer_norm"
    case linear = "evaclip::linear"
    case matmul = "aten::matmul"
    case pseudoInverse = "aten::linalg_pinv.atol_rtol_float"
    case resizeBicubic = "aten::upsample_bicubic2d"
    case resizeBicubicAntialiased = "aten::_upsample_bicubic2d_aa"
    case scaledDotProductAttention = "aten::scaled_dot_product_attention"
    // Random
    case bernoulli = "aten::bernoulli_.float"
    case normal = "aten::normal_"
    case uniform = "aten::uniform_"
    // Lists of tensors
    case foreachCopy = "aten::_foreach_copy_"
    case foreachLerp = "aten::_foreach_lerp_.Scalar"
    case foreachMultiplyScalar = "aten::_foreach_mul_.Scalar"
    case foreachMultiplyTensor = "aten::_foreach_mul_.Tensor"
    case foreachNorm = "aten::_foreach_norm.Scalar"
    case foreachScaled = "aten::_foreach_mul.Scalar"
    // Optimizers over flat buffers
    case adamW = "evaclip::adamw_"
    case lamb = "evaclip::lamb_"
    case lambMoments = "evaclip::lamb_moments_"
    case lambWeights = "evaclip::lamb_weights_"
    case lion = "evaclip::lion_"

    /// The operator's schema, as libtorch prints it.
    package var schema: String {
        guard let text = ct_operator_schema(handle) else { return "" }
        defer { ct_free_message(text) }
        return String(cString: text)
    }

    /// The dispatcher's handle, which lives as long as the process.
    var handle: ct_operator {
        guard let handle = Operator.handles[self] else {
            fatalError("\(rawValue) has no handle")
        }
        return handle
    }

    // Written once, when first read, and never again: handles are immutable in libtorch.
    private nonisolated(unsafe) static let handles: [Operator: ct_operator] = {
        ck_register()
        var handles: [Operator: ct_operator] = [:]
        for operation in allCases {
            let parts = operation.rawValue.split(separator: ".", maxSplits: 1)
            var out: ct_operator?
            TorchError.require(
                ct_operator_find(String(parts[0]), parts.count > 1 ? String(parts[1]) : "", &out),
                "operator \(operation.rawValue)")
            handles[operation] = out
        }
        return handles
    }()
}
