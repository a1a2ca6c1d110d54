internal import EVAConfiguration
internal import Torch

extension PrecisionConfiguration {
    /// The dtype of matrix products.
    var computeDType: DType {
        switch compute {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}
