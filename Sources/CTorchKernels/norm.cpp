// evaclip::layer_norm: a norm over the last dimension that gives the dtype of what reads it.
//
// The statistics, the affine map and their gradients are taken in fp32, whatever goes in, and the
// result is rounded once. Backward keeps the input as it came: of 16-bit numbers it makes the fp32
// copy anew, where ATen's operator on such a copy would keep it until then. ATen's own kernels for
// 16-bit inputs beside fp32 weights exist for the CPU alone.
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

namespace {

using at::Tensor;

struct LayerNorm : torch::autograd::Function<LayerNorm> {
    static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &x,
                          const Tensor &weight, const Tensor &bias, double epsilon,
                          at::ScalarType dtype) {
        at::AutoDispatchBelowADInplaceOrView guard;
        const auto [result, mean, deviation] =
            at::native_layer_norm(x.to(at::kFloat), weight.sizes(), weight, bias, epsilon);
        context->save_for_backward({x, mean, deviation, weight, bias});
        return result.to(dtype);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0];
        const auto &weight = saved[3];
        auto [input, weights, biases] = at::native_layer_norm_backward(
            gradients[0].to(at::kFloat), x.to(at::kFloat), weight.sizes(), saved[1], saved[2],
            weight, saved[4],
            {context->needs_input_grad(0), context->needs_input_grad(1),
             context->needs_input_grad(2)});
        if (input.defined()) input = input.to(x.scalar_type());
        return {input, weights, biases, Tensor(), Tensor()};
    }
};

Tensor layer_norm(const Tensor &x, const Tensor &weight, const Tensor &bias, double epsilon,
                  at::ScalarType dtype) {
    return LayerNorm::apply(x, weight, bias, epsilon, dtype);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(evaclip, library) {
    library.def(
        "layer_norm(Tensor x, Tensor weight, Tensor bias, float epsilon, ScalarType dtype) -> "
        "Tensor");
    library.impl("layer_norm",
                 torch::dispatch(c10::DispatchKey::CompositeImplicitAutograd, layer_norm));
}
