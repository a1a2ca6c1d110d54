// Devices, threads and random sources.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#include "guarded.h"

extern "C" {

const char *ct_version(void) { return TORCH_VERSION; }

char *ct_generator_create(ct_device device, uint64_t seed, ct_generator *out) {
    return ct::guarded([&] {
        at::Generator generator;
        if (device.kind == CT_CUDA) {
            generator = at::globalContext().getAcceleratorHooksInterface(at::kCUDA).getNewGenerator(
                static_cast<c10::DeviceIndex>(device.index));
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

bool ct_device_available(ct_device_kind kind) {
    return kind != CT_CUDA || at::globalContext().hasCUDA();
}

char *ct_load_library(const char *path) {
    return ct::guarded([&] {
        TORCH_CHECK(::dlopen(path, RTLD_NOW | RTLD_GLOBAL) != nullptr, ::dlerror());
    });
}

void ct_set_thread_count(int32_t count) { at::set_num_threads(count); }

int32_t ct_thread_count(void) { return at::get_num_threads(); }

}  // extern "C"
