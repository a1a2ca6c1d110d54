// A libcuda.so.1 that says what its environment tells it to say.
//
// FAKE_CUDA_VERSION (13020), FAKE_CUDA_GPUS (2) and FAKE_CUDA_CAPABILITY (90) are what it answers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static int gpu_count(void) {
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    return visible && !*visible ? 0 : number("FAKE_CUDA_GPUS", 2);
}

int cuInit(unsigned flags) { return gpu_count() > 0 ? 0 : 100; }

int cuGetErrorString(int error, const char **text) {
    *text = error == 100 ? "no CUDA-capable device is detected" : "unknown error";
    return 0;
}

int cuDriverGetVersion(int *version) {
    *version = number("FAKE_CUDA_VERSION", 13020);
    return 0;
}

int cuDeviceGetCount(int *count) {
    *count = gpu_count();
    return 0;
}

int cuDeviceGet(int *device, int index) {
    *device = index;
    return index < gpu_count() ? 0 : 101;
}

int cuDeviceGetName(char *name, int size, int device) {
    snprintf(name, size, "Fake GPU %d", device);
    return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = (size_t)4 << 30;
    return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    const int capability = number("FAKE_CUDA_CAPABILITY", 90);
    *value = attribute == 75 ? capability / 10 : capability % 10;
    return 0;
}
