// evaclip::linear: `x @ weight.T + bias` with its gradients.
//
// On a CPU libtorch takes fp32 products to MKL, which reaches less than half of what oneDNN does on
// AMD's cores; here all three products of forward and backward go to oneDNN. On every other
// device, and in dtypes that oneDNN has no kernel for, it is ATen's own linear.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "CTorchKernels.h"

namespace {

using at::Tensor;
using Bias = std::optional<Tensor>;

bool suits_onednn(const Tensor &x) {
    return x.is_cpu() && x.numel() > 0 &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

// [M, I] with weight [O, I] gives [M, O]; both may be transposed views.
Tensor product(const Tensor &x, const Tensor &weight, const Bias &bias) {
    if (x.is_cpu() && x.scalar_type() == at::kHalf) {
        // Without instructions for it, a CPU's own product of halves is a hundred times slower.
        return product(x.to(at::kFloat), weight.to(at::kFloat),
                       bias ? Bias(bias->to(at::kFloat)) : Bias())
            .to(at::kHalf);
    }
    if (!suits_onednn(x)) return at::linear(x, weight, bias);
    static const auto pointwise =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
            .typed<Tensor(const Tensor &, const Tensor &, const Bias &, std::string_view,
                          c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>)>();
    return pointwise.call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

struct Linear : torch::autograd::Function<Linear> {
    static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &x,
                          const Tensor &weight, const Bias &bias) {
        at::AutoDispatchBelowADInplaceOrView guard;
        context->save_for_backward({x, weight});
        context->saved_data["has_bias"] = bias.has_value();
        auto shape = x.sizes().vec();
        shape.back() = weight.size(0);
        return product(x.reshape({-1, x.size(-1)}), weight, bias).view(shape);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0];
        const auto &weight = saved[1];
        const auto gradient = gradients[0].reshape({-1, weight.size(0)});  // [M, O]
        torch::autograd::variable_list results(3);
        if (context->needs_input_grad(0)) {
            results[0] = product(gradient, weight.t(), {}).view(x.sizes());
        }
        if (context->needs_input_grad(1)) {
            results[1] = product(gradient.t(), x.reshape({-1, x.size(-1)}).t(), {});
        }
        if (context->saved_data["has_bias"].toBool()) results[2] = gradient.sum(0);
        return results;
    }
};

Tensor linear(const Tensor &x, const Tensor &weight, const Bias &bias) {
    return Linear::apply(x, weight, bias);
}

}  // namespace

TORCH_LIBRARY(evaclip, library) {
    library.def("linear(Tensor x, Tensor weight, Tensor? bias) -> Tensor");
    library.impl("linear", torch::dispatch(c10::DispatchKey::CompositeImplicitAutograd, linear));
}

extern "C" void ck_register(void) {}
