// The loops of updates.h, compiled for each width of registers.
#include "updates.h"

#include "CTorchKernels.h"

#pragma clang fp contract(off)

#define CK_INLINE inline __attribute__((always_inline))

namespace {

using namespace ck;

// `a + weight * (b - a)`, from the nearer end, as ATen's lerp does.
CK_INLINE float lerp(float a, float b, float weight) {
    return weight < 0.5f ? a + weight * (b - a) : b - (b - a) * (1 - weight);
}

CK_INLINE void adamw_loop(const AdamWStep &s, const Stretch &at) {
    float *__restrict w = at.weights;
    const float *__restrict g = at.gradients;
    float *__restrict m = at.first;
    float *__restrict v = at.second;
    const AdamWStep step = s;
    for (int64_t i = 0; i < at.count; ++i) {
        const float first = lerp(m[i], g[i], step.rest1);
        const float second = v[i] * step.beta2 + step.rest2 * g[i] * g[i];
        m[i] = first;
        v[i] = second;
        const float denominator = __builtin_elementwise_sqrt(second) * step.scale2 + step.epsilon;
        w[i] = w[i] * step.kept - step.size * first / denominator;
    }
}

CK_INLINE float lamb_update(const LAMBStep &step, float w, float m, float v) {
    const float denominator = __builtin_elementwise_sqrt(v) * step.scale2 + step.epsilon;
    return m * step.scale1 / denominator + step.decay * w;
}

CK_INLINE LAMBSums lamb_moments_loop(const LAMBStep &s, const Stretch &at) {
    // Sums of their own for each lane: the order of additions is fixed, whatever the registers.
    constexpr int lanes = 16;
    double weights[lanes] = {}, updates[lanes] = {};
    float *__restrict w = at.weights;
    const float *__restrict g = at.gradients;
    float *__restrict m = at.first;
    float *__restrict v = at.second;
    const LAMBStep step = s;
    const auto one = [&](int64_t i, int lane) __attribute__((always_inline)) {
        const float first = lerp(m[i], g[i], step.rest1);
        const float second = v[i] * step.beta2 + step.rest2 * g[i] * g[i];
        m[i] = first;
        v[i] = second;
        const double weight = w[i], update = lamb_update(step, w[i], first, second);
        weights[lane] += weight * weight;
        updates[lane] += update * update;
    };
    int64_t i = 0;
    for (; i + lanes <= at.count; i += lanes) {
        for (int lane = 0; lane < lanes; ++lane) one(i + lane, lane);
    }
    for (int lane = 0; i < at.count; ++i, ++lane) one(i, lane);
    LAMBSums sums;
    for (int lane = 0; lane < lanes; ++lane) {
        sums.weights += weights[lane];
        sums.updates += updates[lane];
    }
    return sums;
}

CK_INLINE void lamb_weights_loop(const LAMBStep &s, float size, const Stretch &at) {
    float *__restrict w = at.weights;
    const float *__restrict m = at.first;
    const float *__restrict v = at.second;
    const LAMBStep step = s;
    for (int64_t i = 0; i < at.count; ++i) {
        w[i] -= size * lamb_update(step, w[i], m[i], v[i]);
    }
}

CK_INLINE void lion_loop(const LionStep &s, const Stretch &at) {
    float *__restrict w = at.weights;
    const float *__restrict g = at.gradients;
    float *__restrict m = at.first;
    const LionStep step = s;
    for (int64_t i = 0; i < at.count; ++i) {
        const float direction = m[i] * step.beta1 + step.rest1 * g[i];
        const float sign = float(direction > 0) - float(direction < 0);
        w[i] = w[i] * step.kept - step.rate * sign;
        m[i] = lerp(m[i], g[i], step.rest2);
    }
}

}  // namespace

// One function for each loop and width, and one that picks among them.
#if defined(__x86_64__)
#define CK_VARIANTS(result, name, parameters, arguments)                                         \
    namespace {                                                                                  \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) result name##_avx512 parameters { \
        return name##_loop arguments;                                                            \
    }                                                                                            \
    __attribute__((target("avx2"))) result name##_avx2 parameters {                              \
        return name##_loop arguments;                                                            \
    }                                                                                            \
    }                                                                                            \
    result ck::name parameters {                                                                 \
        const auto *cpu = ck_cpu_capabilities();                                                 \
        if (cpu->avx512) return name##_avx512 arguments;                                         \
        if (cpu->avx2) return name##_avx2 arguments;                                             \
        return name##_loop arguments;                                                            \
    }
#else
#define CK_VARIANTS(result, name, parameters, arguments) \
    result ck::name parameters { return name##_loop arguments; }
#endif

CK_VARIANTS(void, adamw, (const AdamWStep &step, const Stretch &at), (step, at))
CK_VARIANTS(LAMBSums, lamb_moments, (const LAMBStep &step, const Stretch &at), (step, at))
CK_VARIANTS(void, lamb_weights, (const LAMBStep &step, float size, const Stretch &at),
            (step, size, at))
CK_VARIANTS(void, lion, (const LionStep &step, const Stretch &at), (step, at))
