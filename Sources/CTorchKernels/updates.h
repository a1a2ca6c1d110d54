// What an optimizer does to a stretch of memory, fp32, on one thread of a CPU.
//
// Every number is rounded after every operation (nothing is contracted), so results are the same
// bits on every processor.
#pragma once

#include <cstdint>

namespace ck {

// Where a stretch lies in the parameters, their gradients and the moments of these.
struct Stretch {
    float *weights;
    const float *gradients;
    float *first;
    float *second;  // null for Lion
    int64_t count;
};

// AdamW: `w = w * kept - size * m / (sqrt(v) * scale2 + epsilon)`.
struct AdamWStep {
    float rest1;  // 1 - beta1
    float beta2;
    float rest2;  // 1 - beta2
    float epsilon;
    float scale2;  // 1 over the root of the second moment's correction
    float kept;    // 1 - rate * decay
    float size;    // rate over the first moment's correction
};
void adamw(const AdamWStep &step, const Stretch &stretch);

// LAMB: `u = m * scale1 / (sqrt(v) * scale2 + epsilon) + decay * w`.
struct LAMBStep {
    float rest1;
    float beta2;
    float rest2;
    float epsilon;
    float scale1;  // 1 over the first moment's correction
    float scale2;  // 1 over the root of the second's
    float decay;
};
// Moves the moments, and adds the squares of weights and of updates up in fp64.
struct LAMBSums {
    double weights = 0;
    double updates = 0;
};
LAMBSums lamb_moments(const LAMBStep &step, const Stretch &stretch);
// `w -= size * u`, from moments that have moved.
void lamb_weights(const LAMBStep &step, float size, const Stretch &stretch);

// Lion: `w = w * kept - rate * sign(beta1 * m + rest1 * g)`.
struct LionStep {
    float beta1;
    float rest1;
    float rest2;  // 1 - beta2
    float kept;
    float rate;
};
void lion(const LionStep &step, const Stretch &stretch);

}  // namespace ck
