// Tensors made from host memory, and what can be asked of one.
#include <ATen/ops/empty.h>

#include <array>

#include "guarded.h"

namespace {

// Index: ct_dtype.
constexpr std::array<at::ScalarType, 8> scalar_types = {
    at::kFloat, at::kBFloat16, at::kHalf, at::kDouble, at::kLong, at::kInt, at::kByte, at::kBool};

}  // namespace

at::ScalarType ct::scalar_type(int64_t dtype) {
    TORCH_CHECK(dtype >= 0 && dtype < static_cast<int64_t>(scalar_types.size()), "unknown dtype ",
                dtype);
    return scalar_types[dtype];
}

at::Device ct::device(ct_device device) {
    const auto index = static_cast<c10::DeviceIndex>(device.index);
    switch (device.kind) {
    case CT_CPU: return at::Device(at::kCPU);
    case CT_CUDA: return at::Device(at::kCUDA, index);
    case CT_META: return at::Device(at::kMeta);
    }
    TORCH_CHECK(false, "unknown device ", static_cast<int>(device.kind));
}

extern "C" {

void ct_tensor_free(ct_tensor handle) { delete reinterpret_cast<at::Tensor *>(handle); }

ct_tensor ct_tensor_share(ct_tensor handle) { return ct::owned(ct::tensor(handle)); }

char *ct_tensor_from_bytes(const void *bytes, size_t byte_count, const int64_t *shape, size_t rank,
                           ct_dtype dtype, ct_tensor *out) {
    return ct::guarded([&] {
        auto value = at::empty(at::IntArrayRef(shape, rank), ct::scalar_type(dtype));
        TORCH_CHECK(value.nbytes() == byte_count, "a tensor of shape ", value.sizes(), " takes ",
                    value.nbytes(), " bytes, got ", byte_count);
        if (byte_count > 0) std::memcpy(value.data_ptr(), bytes, byte_count);
        *out = ct::owned(std::move(value));
    });
}

size_t ct_tensor_rank(ct_tensor handle) { return ct::tensor(handle).dim(); }

void ct_tensor_shape(ct_tensor handle, int64_t *shape) {
    const auto sizes = ct::tensor(handle).sizes();
    std::copy(sizes.begin(), sizes.end(), shape);
}

int64_t ct_tensor_element_count(ct_tensor handle) { return ct::tensor(handle).numel(); }

int32_t ct_tensor_dtype(ct_tensor handle) {
    const auto type = ct::tensor(handle).scalar_type();
    for (size_t i = 0; i < scalar_types.size(); ++i) {
        if (scalar_types[i] == type) return static_cast<int32_t>(i);
    }
    return -1;
}

ct_device ct_tensor_device(ct_tensor handle) {
    const auto device = ct::tensor(handle).device();
    const ct_device_kind kind = device.is_cuda() ? CT_CUDA : device.is_meta() ? CT_META : CT_CPU;
    return {kind, device.index()};
}

bool ct_tensor_is_contiguous(ct_tensor handle) { return ct::tensor(handle).is_contiguous(); }

void *ct_tensor_data(ct_tensor handle) {
    const auto &value = ct::tensor(handle);
    return value.is_cpu() ? value.data_ptr() : nullptr;
}

char *ct_storage_release(ct_tensor handle) {
    return ct::guarded([&] {
        auto *storage = ct::tensor(handle).storage().unsafeGetStorageImpl();
        storage->set_data_ptr_noswap(storage->allocator()->allocate(0));
        storage->set_nbytes(0);
    });
}

char *ct_storage_allocate(ct_tensor handle, size_t byte_count) {
    return ct::guarded([&] {
        auto *storage = ct::tensor(handle).storage().unsafeGetStorageImpl();
        storage->set_data_ptr_noswap(storage->allocator()->allocate(byte_count));
        storage->set_nbytes(byte_count);
    });
}

}  // extern "C"
