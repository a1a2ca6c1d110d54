internal import CTorch

/// An n-dimensional array of libtorch, with its history for gradients.
///
/// A tensor is a reference: copies share elements. It is not `Sendable`: what crosses threads is
/// plain Swift data.
///
/// The handle is private to the marshalling code of this module. ARC may free an object right
/// after its last use, so whoever reads a handle keeps the tensor alive across the call.
package final class Tensor {
    let handle: ct_tensor

    /// Takes ownership of `handle`.
    init(owning handle: ct_tensor) {
        self.handle = handle
    }

    deinit {
        ct_tensor_free(handle)
    }

    /// The length of each dimension.
    package var shape: [Int] {
        withExtendedLifetime(self) {
            var lengths = [Int64](repeating: 0, count: ct_tensor_rank(handle))
            ct_tensor_shape(handle, &lengths)
            return lengths.map(Int.init)
        }
    }

    /// The number of dimensions.
    package var rank: Int { withExtendedLifetime(self) { ct_tensor_rank(handle) } }

    /// The number of elements.
    package var count: Int { withExtendedLifetime(self) { Int(ct_tensor_element_count(handle)) } }

    /// The element type.
    package var dtype: DType {
        withExtendedLifetime(self) {
            guard let dtype = DType(code: ct_tensor_dtype(handle)) else {
                fatalError("a tensor has an element type that the program does not know")
            }
            return dtype
        }
    }

    /// Where the elements live.
    package var device: Device { withExtendedLifetime(self) { Device(ct_tensor_device(handle)) } }

    /// Whether the elements lie in row-major order without gaps.
    package var isContiguous: Bool {
        withExtendedLifetime(self) { ct_tensor_is_contiguous(handle) }
    }
}

extension Tensor: CustomStringConvertible {
    /// Dtype, shape and device, as in error messages: `float32[4, 77] cpu`.
    package var description: String { "\(dtype)\(shape) \(device)" }
}
