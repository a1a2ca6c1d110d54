// Shapes of operators that libtorch computes on the meta device through Python alone.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <tuple>

namespace {

// The statistics of a norm over the last `normalized` dimensions.
at::Tensor statistics(const at::Tensor &input, size_t normalized) {
    auto sizes = input.sizes().vec();
    for (size_t i = sizes.size() - normalized; i < sizes.size(); ++i) sizes[i] = 1;
    return input.new_empty(sizes, input.options().dtype(at::kFloat));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> native_layer_norm(
    const at::Tensor &input, c10::SymIntArrayRef shape, const std::optional<at::Tensor> &,
    const std::optional<at::Tensor> &, double) {
    return {at::empty_like(input), statistics(input, shape.size()),
            statistics(input, shape.size())};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> native_layer_norm_backward(
    const at::Tensor &, const at::Tensor &input, c10::SymIntArrayRef, const at::Tensor &,
    const at::Tensor &, const std::optional<at::Tensor> &weight,
    const std::optional<at::Tensor> &bias, std::array<bool, 3> wanted) {
    return {wanted[0] ? at::empty_like(input) : at::Tensor(),
            wanted[1] && weight ? at::empty_like(*weight) : at::Tensor(),
            wanted[2] && bias ? at::empty_like(*bias) : at::Tensor()};
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, library) {
    library.impl("native_layer_norm", native_layer_norm);
    library.impl("native_layer_norm_backward", native_layer_norm_backward);
}
