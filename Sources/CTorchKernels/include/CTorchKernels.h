// Operators of our own, registered with libtorch's dispatcher when the program starts.
#ifndef CTORCHKERNELS_H
#define CTORCHKERNELS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Refers to every kernel, so that a linker keeps them; does nothing.
void ck_register(void);

// What the processor can do and the environment leaves it: ONEDNN_MAX_CPU_ISA and
// ATEN_CPU_CAPABILITY make a processor play a lesser one.
typedef struct {
    bool avx2;         // with FMA
    bool avx512;       // F, BW, DQ and VL
    bool avx512_vnni;
    bool avx512_bf16;
    bool amx_bf16;
    bool amx_int8;
    bool avx_vnni;     // of 256 bits, without AVX-512
    bool is_intel;
    char name[64];     // as the manufacturer calls it; empty where it does not tell
} ck_cpu;
const ck_cpu *ck_cpu_capabilities(void);

#ifdef __cplusplus
}
#endif

#endif
