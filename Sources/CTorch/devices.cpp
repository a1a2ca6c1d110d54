// Devices, threads and random sources.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#include "guarded.h"

namespace {

const at::AcceleratorHooksInterface &cuda() {
    return at::globalContext().getAcceleratorHooksInterface(at::kCUDA);
}

}  // namespace

extern "C" {

const char *ct_version(void) { return TORCH_VERSION; }

char *ct_generator_create(ct_device device, uint64_t seed, ct_generator *out) {
    return ct::guarded([&] {
        at::Generator generator;
        if (device.kind == CT_CUDA) {
            const c10::DeviceGuard guard(ct::device(device));
            generator = cuda().getNewGenerator(static_cast<c10::DeviceIndex>(device.index));
            generator.set_current_seed(seed);
        } else {
            generator = at::make_generator<at::CPUGeneratorImpl>(seed);
        }
        *out = reinterpret_cast<ct_generator>(new at::Generator(std::move(generator)));
    });
}

void ct_generator_free(ct_generator generator) {
    delete reinterpret_cast<at::Generator *>(generator);
}

char *ct_library_folder(void) {
    Dl_info place;
    if (::dladdr(reinterpret_cast<void *>(&at::globalContext), &place) == 0) return nullptr;
    const std::string path = place.dli_fname;
    const auto end = path.rfind('/');
    return end == std::string::npos ? nullptr : ct::message(path.substr(0, end));
}

char *ct_cuda_load(const char *path) {
    return ct::guarded([&] {
        TORCH_CHECK(::dlopen(path, RTLD_NOW | RTLD_GLOBAL) != nullptr, ::dlerror());
        // Where libtorch was asked before, it goes on saying that it was built without.
        TORCH_CHECK(cuda().isBuilt(), "this process has already computed without it; name the "
                    "device before anything is computed");
        TORCH_CHECK(cuda().isAvailable(), "libtorch finds no GPU");
        at::globalContext().lazyInitDevice(at::kCUDA);
    });
}

int32_t ct_cuda_runtime_version(void) {
    using Function = int (*)(int *);
    auto *function = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, "cudaRuntimeGetVersion"));
    int version = 0;
    return function && function(&version) == 0 ? version : 0;
}

char *ct_cuda_select(int32_t index) {
    return ct::guarded([&] {
        const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
        c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(device);
    });
}

char *ct_cuda_synchronize(int32_t index) {
    return ct::guarded([&] {
        c10::impl::VirtualGuardImpl(at::kCUDA).synchronizeDevice(
            static_cast<c10::DeviceIndex>(index));
    });
}

char *ct_cuda_memory(int32_t index, ct_device_memory *out) {
    return ct::guarded([&] {
        const auto read = at::getDeviceAllocator(at::kCUDA)->getDeviceStats(
            static_cast<c10::DeviceIndex>(index));
        const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
        *out = {static_cast<uint64_t>(read.allocated_bytes[all].current),
                static_cast<uint64_t>(read.allocated_bytes[all].peak),
                static_cast<uint64_t>(read.reserved_bytes[all].current)};
    });
}

char *ct_cuda_reset_peak(int32_t index) {
    return ct::guarded([&] {
        at::getDeviceAllocator(at::kCUDA)->resetPeakStats(static_cast<c10::DeviceIndex>(index));
    });
}

void ct_set_thread_count(int32_t count) { at::set_num_threads(count); }

int32_t ct_thread_count(void) { return at::get_num_threads(); }

}  // extern "C"
