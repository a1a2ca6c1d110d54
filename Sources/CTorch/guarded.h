// What every source file here shares: handles to and from libtorch's types, exceptions to messages.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <string>

#include "CTorch.h"

namespace ct {

inline char *message(const std::string &text) { return ::strdup(text.c_str()); }

// Runs `body`; an exception becomes the message that crosses the boundary.
template <typename Body> char *guarded(Body &&body) {
    try {
        body();
        return nullptr;
    } catch (const c10::Error &error) {
        return message(error.what_without_backtrace());
    } catch (const std::exception &error) {
        return message(error.what());
    } catch (...) {
        return message("unknown C++ exception");
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
