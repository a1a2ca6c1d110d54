// evaclip::linear: `x @ weight.T + bias` with its gradients.
//
// All three products of forward and backward take the fastest way that the processor has:
// - fp32 goes to oneDNN or to MKL, which libtorch holds both. MKL reaches less than half of what
//   oneDNN does with AVX-512 on AMD's cores, and is ahead with AVX2.
// - bf16 goes to oneDNN where there are instructions for it. Elsewhere, as fp16 everywhere, operands
//   stay 16-bit in memory and the product is taken in fp32 and rounded: ATen's own products of
//   16-bit numbers are ten to a hundred times slower, and oneDNN refuses them.
// On every other device it is ATen's own linear.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "CTorchKernels.h"

namespace {

using at::Tensor;
using Bias = std::optional<Tensor>;

Tensor onednn_product(const Tensor &x, const Tensor &weight, const Bias &bias) {
    static const auto pointwise =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
            .typed<Tensor(const Tensor &, const Tensor &, const Bias &, std::string_view,
                          c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>)>();
    return pointwise.call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

// Whether oneDNN takes products of this type here; a libtorch of the user's may lack oneDNN.
bool onednn_takes(at::ScalarType type) {
    try {
        const auto one = at::ones({1, 1}, type);
        onednn_product(one, one, {});
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

bool bfloat16_is_native() {
    static const bool native = ck_cpu_capabilities()->avx512_bf16 && onednn_takes(at::kBFloat16);
    return native;
}

bool float32_suits_onednn() {
    static const bool suits = [] {
        const auto *cpu = ck_cpu_capabilities();
        return cpu->avx512 && !cpu->is_intel && onednn_takes(at::kFloat);
    }();
    return suits;
}

// [M, I] with weight [O, I] gives [M, O]; both may be transposed views.
Tensor product(const Tensor &x, const Tensor &weight, const Bias &bias) {
    if (!x.is_cpu() || x.numel() == 0) return at::linear(x, weight, bias);
    switch (x.scalar_type()) {
    case at::kFloat:
        return float32_suits_onednn() ? onednn_product(x, weight, bias)
                                      : at::linear(x, weight, bias);
    case at::kBFloat16:
        if (bfloat16_is_native()) return onednn_product(x, weight, bias);
        [[fallthrough]];
    case at::kHalf:
        return product(x.to(at::kFloat), weight.to(at::kFloat),
                       bias ? Bias(bias->to(at::kFloat)) : Bias())
            .to(x.scalar_type());
    default: return at::linear(x, weight, bias);
    }
}

struct Linear : torch::autograd::Function<Linear> {
    static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &x,
                          const Tensor &weight, const Bias &bias) {
        at::AutoDispatchBelowADInplaceOrView guard;
        TORCH_CHECK(x.scalar_type() == weight.scalar_type(), "a product of ", x.scalar_type(),
                    " and ", weight.scalar_type());
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
