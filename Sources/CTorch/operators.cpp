// The generic call: any registered operator, boxed, with autograd.
#include <ATen/core/dispatch/Dispatcher.h>

#include "guarded.h"

namespace {

c10::IValue boxed(const ct_value &value) {
    switch (value.kind) {
    case CT_VALUE_NONE: return {};
    case CT_VALUE_TENSOR: return ct::tensor(value.tensors[0]);
    case CT_VALUE_TENSORS: {
        c10::List<at::Tensor> list;
        list.reserve(value.count);
        for (size_t i = 0; i < value.count; ++i) list.push_back(ct::tensor(value.tensors[i]));
        return list;
    }
    case CT_VALUE_OPTIONAL_TENSORS: {
        c10::List<std::optional<at::Tensor>> list;
        list.reserve(value.count);
        for (size_t i = 0; i < value.count; ++i) {
            list.push_back(value.tensors[i] ? std::optional<at::Tensor>(ct::tensor(value.tensors[i]))
                                            : std::nullopt);
        }
        return list;
    }
    case CT_VALUE_INT: return value.integer;
    case CT_VALUE_DOUBLE: return value.real;
    case CT_VALUE_BOOL: return value.integer != 0;
    case CT_VALUE_INTS: return c10::IntArrayRef(value.integers, value.count);
    case CT_VALUE_DOUBLES: return c10::ArrayRef<double>(value.reals, value.count);
    case CT_VALUE_STRING: return std::string(value.text);
    case CT_VALUE_DTYPE: return ct::scalar_type(value.integer);
    case CT_VALUE_DEVICE: return ct::device(value.device);
    case CT_VALUE_GENERATOR: return *reinterpret_cast<at::Generator *>(value.generator);
    case CT_VALUE_SCALARS: {
        c10::impl::GenericList list(c10::NumberType::get());
        list.reserve(value.count);
        for (size_t i = 0; i < value.count; ++i) list.push_back(c10::IValue(value.reals[i]));
        return list;
    }
    }
    TORCH_CHECK(false, "argument of unknown kind ", static_cast<int>(value.kind));
}

}  // namespace

ct_failure_kind ct::failure_kind(const std::string &text) {
    const auto says = [&](const char *words) { return text.find(words) != std::string::npos; };
    // A CUDA error that is thrown as a plain one is still the device's.
    if (says("out of memory") || says("not enough memory") || says("can't allocate memory")) {
        return CT_FAILURE_MEMORY;
    }
    // oneDNN, for a product that it has no code for on this processor.
    if (says("could not create a primitive") || says("no kernel image is available")) {
        return CT_FAILURE_UNSUPPORTED;
    }
    if (says("CUDA error") || says("CUBLAS_STATUS") || says("cuDNN error")) {
        return CT_FAILURE_DEVICE;
    }
    return CT_FAILURE_PROGRAM;
}

extern "C" {

void ct_free_message(char *message) { ::free(message); }

char *ct_failure(ct_failure_kind kind, const char *text) { return ct::failure(kind, text); }

char *ct_operator_find(const char *name, const char *overload, ct_operator *out) {
    return ct::guarded([&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        *out = reinterpret_cast<ct_operator>(new c10::OperatorHandle(std::move(handle)));
    });
}

char *ct_operator_schema(ct_operator op) {
    std::ostringstream stream;
    stream << reinterpret_cast<c10::OperatorHandle *>(op)->schema();
    return ct::message(stream.str());
}

char *ct_operator_call(ct_operator op, const ct_value *arguments, size_t argument_count,
                       ct_tensor *results, size_t capacity, size_t *result_count) {
    return ct::guarded([&] {
        torch::jit::Stack stack;
        stack.reserve(argument_count);
        for (size_t i = 0; i < argument_count; ++i) stack.push_back(boxed(arguments[i]));
        reinterpret_cast<c10::OperatorHandle *>(op)->callBoxed(stack);
        size_t count = 0;
        const auto give = [&](at::Tensor value) {
            TORCH_CHECK(count < capacity, "operator gives more than ", capacity, " results");
            results[count++] = ct::owned(std::move(value));
        };
        try {
            for (auto &value : stack) {
                if (value.isTensor()) {
                    give(std::move(value).toTensor());
                } else if (value.isTensorList()) {
                    for (at::Tensor item : value.toTensorList()) give(std::move(item));
                } else {
                    give({});
                }
            }
        } catch (...) {
            for (size_t i = 0; i < count; ++i) ct_tensor_free(results[i]);
            throw;
        }
        *result_count = count;
    });
}

}  // extern "C"
