// Shapes of operators that libtorch computes on the meta device through Python alone.
#include <ATen/ExpandUtils.h>
#include <ATen/WrapDimUtils.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/result_type.h>
#include <torch/library.h>

#include <tuple>
#include <vector>

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

at::Tensor &where_out(const at::Tensor &condition, const at::Tensor &self, const at::Tensor &other,
                      at::Tensor &out) {
    const auto shape =
        at::infer_size(at::infer_size(condition.sizes(), self.sizes()), other.sizes());
    out.resize_(shape);
    return out;
}

at::Tensor where(const at::Tensor &condition, const at::Tensor &self, const at::Tensor &other) {
    auto out = at::empty({0}, self.options().dtype(at::result_type(self, other)));
    return where_out(condition, self, other, out);
}

at::Tensor index_select(const at::Tensor &input, int64_t dimension, const at::Tensor &index) {
    auto sizes = input.sizes().vec();
    sizes[at::maybe_wrap_dim(dimension, input.dim())] = index.numel();
    return input.new_empty(sizes);
}

at::Tensor embedding_dense_backward(const at::Tensor &gradient, const at::Tensor &,
                                    c10::SymInt rows, c10::SymInt, bool) {
    return gradient.new_empty({rows.expect_int(), gradient.size(-1)});
}

at::Tensor logsumexp(const at::Tensor &input, at::IntArrayRef dimensions, bool keeps_dimensions) {
    auto sizes = input.sizes().vec();
    std::vector<bool> reduced(sizes.size());
    for (const auto dimension : dimensions) {
        reduced[at::maybe_wrap_dim(dimension, input.dim())] = true;
    }
    std::vector<int64_t> kept;
    for (size_t i = 0; i < sizes.size(); ++i) {
        if (!reduced[i]) kept.push_back(sizes[i]);
        if (reduced[i] && keeps_dimensions) kept.push_back(1);
    }
    return input.new_empty(kept);
}

// Without elements there is nothing to update, but all have to be where the parameters are.
void fused_adamw(at::TensorList parameters, at::TensorList gradients, at::TensorList first_moments,
                 at::TensorList second_moments, at::TensorList, at::TensorList steps, double, double,
                 double, double, double, bool, bool, const std::optional<at::Tensor> &,
                 const std::optional<at::Tensor> &) {
    for (const auto &list : {parameters, gradients, first_moments, second_moments, steps}) {
        TORCH_CHECK(list.size() == parameters.size(), "fused AdamW: lists of different lengths");
        for (const auto &value : list) {
            TORCH_CHECK(value.is_meta(), "fused AdamW: a tensor on ", value.device());
        }
    }
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, Meta, library) {
    library.impl("native_layer_norm", native_layer_norm);
    library.impl("native_layer_norm_backward", native_layer_norm_backward);
    library.impl("index_select", index_select);
    library.impl("embedding_dense_backward", embedding_dense_backward);
    library.impl("logsumexp", logsumexp);
    library.impl("_fused_adamw_", fused_adamw);
    library.impl("where.self", where);
    library.impl("where.self_out", where_out);
}
