// Gradients: leaves, backward, and graph nodes whose backward is the caller's.
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "guarded.h"

namespace {

// A graph node that hands its gradients to a C function.
struct CallbackNode : torch::autograd::Node {
    ct_backward_function function;
    void (*release)(void *);
    void *context;

    CallbackNode(ct_backward_function function, void (*release)(void *), void *context)
        : function(function), release(release), context(context) {}

    ~CallbackNode() override { release_variables(); }

    // What the function keeps goes as soon as backward has passed, as libtorch's own nodes do it.
    void release_variables() override {
        if (context) release(std::exchange(context, nullptr));
    }

    std::string name() const override { return "EVACLIPBackward"; }

    torch::autograd::variable_list apply(torch::autograd::variable_list &&gradients) override {
        if (!context) throw std::logic_error("backward a second time through a graph that is gone");
        std::vector<ct_tensor> handed;
        for (auto &gradient : gradients) {
            handed.push_back(gradient.defined() ? reinterpret_cast<ct_tensor>(&gradient) : nullptr);
        }
        std::vector<ct_tensor> given(num_outputs(), nullptr);
        char *failure = function(context, handed.data(), handed.size(), given.data(), given.size());
        torch::autograd::variable_list results(given.size());
        for (size_t i = 0; i < given.size(); ++i) {
            if (!given[i]) continue;
            results[i] = ct::tensor(given[i]);
            ct_tensor_free(given[i]);
        }
        if (failure) {
            const std::string text = failure;
            ct_free_message(failure);
            throw ct::Failure(static_cast<ct_failure_kind>(text[0]), text.substr(1));
        }
        return results;
    }
};

}  // namespace

extern "C" {

bool ct_tensor_requires_grad(ct_tensor handle) { return ct::tensor(handle).requires_grad(); }

char *ct_tensor_set_requires_grad(ct_tensor handle, bool value) {
    return ct::guarded([&] { ct::tensor(handle).set_requires_grad(value); });
}

char *ct_tensor_grad(ct_tensor handle, ct_tensor *out) {
    return ct::guarded([&] { *out = ct::owned(ct::tensor(handle).grad()); });
}

char *ct_tensor_set_grad(ct_tensor handle, ct_tensor grad) {
    return ct::guarded(
        [&] { ct::tensor(handle).mutable_grad() = grad ? ct::tensor(grad) : at::Tensor(); });
}

char *ct_backward(const ct_tensor *roots, const ct_tensor *gradients, size_t count,
                  bool retain_graph) {
    return ct::guarded([&] {
        torch::autograd::variable_list values, seeds;
        for (size_t i = 0; i < count; ++i) {
            values.push_back(ct::tensor(roots[i]));
            seeds.push_back(gradients && gradients[i] ? ct::tensor(gradients[i]) : at::Tensor());
        }
        torch::autograd::backward(values, seeds, retain_graph);
    });
}

bool ct_grad_enabled(void) { return c10::GradMode::is_enabled(); }

void ct_set_grad_enabled(bool enabled) { c10::GradMode::set_enabled(enabled); }

char *ct_attach_history(const ct_tensor *inputs, size_t input_count, const ct_tensor *outputs,
                        size_t output_count, ct_backward_function backward,
                        void (*release)(void *context), void *context) {
    return ct::guarded([&] {
        c10::intrusive_ptr<torch::autograd::Node> node =
            c10::make_intrusive<CallbackNode>(backward, release, context);
        torch::autograd::edge_list edges;
        for (size_t i = 0; i < input_count; ++i) {
            edges.push_back(torch::autograd::impl::gradient_edge(ct::tensor(inputs[i])));
        }
        node->set_next_edges(std::move(edges));
        for (size_t i = 0; i < output_count; ++i) {
            torch::autograd::set_history(ct::tensor(outputs[i]), node);
        }
    });
}

}  // extern "C"
