// What every source file here shares: handles to and from libtorch's types, exceptions to messages.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "CTorch.h"

namespace ct {

inline char *message(const std::string &text) { return ::strdup(text.c_str()); }

inline char *failure(ct_failure_kind kind, const std::string &text) {
    return message(static_cast<char>(kind) + text);
}

// What a backward function of the caller's reported, on its way through libtorch.
struct Failure : std::runtime_error {
    ct_failure_kind kind;

    Failure(ct_failure_kind kind, const std::string &text) : std::runtime_error(text), kind(kind) {}
};

// Whose failure the words of libtorch, oneDNN or CUDA speak of, where no type of exception tells.
ct_failure_kind failure_kind(const std::string &text);

// Runs `body`; an exception becomes the message that crosses the boundary.
template <typename Body> char *guarded(Body &&body) {
    try {
        body();
        return nullptr;
    } catch (const Failure &error) {
        return failure(error.kind, error.what());
    } catch (const c10::OutOfMemoryError &error) {
        return failure(CT_FAILURE_MEMORY, error.what_without_backtrace());
    } catch (const std::bad_alloc &) {
        return failure(CT_FAILURE_MEMORY, "out of memory");
    } catch (const c10::AcceleratorError &error) {
        return failure(CT_FAILURE_DEVICE, error.what_without_backtrace());
    } catch (const c10::Error &error) {
        const std::string text = error.what_without_backtrace();
        return failure(failure_kind(text), text);
    } catch (const std::exception &error) {
        return failure(failure_kind(error.what()), error.what());
    } catch (...) {
        return failure(CT_FAILURE_PROGRAM, "unknown C++ exception");
    }
}

inline at::Tensor &tensor(ct_tensor handle) { return *reinterpret_cast<at::Tensor *>(handle); }

// A new handle that the caller owns; NULL for an undefined tensor.
inline ct_tensor owned(at::Tensor value) {
    return value.defined() ? reinterpret_cast<ct_tensor>(new at::Tensor(std::move(value))) : nullptr;
}

at::ScalarType scalar_type(int64_t dtype);
at::Device device(ct_device device);

}  // namespace ct
