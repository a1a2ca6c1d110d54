// What the processor can do, asked once.
#include "CTorchKernels.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace {

#if defined(__x86_64__)

struct Registers {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
    Registers r;
    __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
    return r;
}

bool has(unsigned value, int bit) { return (value >> bit) & 1; }

// The sets of registers that the operating system keeps for a thread.
uint64_t kept_registers() {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t(high) << 32) | low;
}

ck_cpu detected() {
    ck_cpu cpu = {};
    const auto vendor = cpuid(0);
    cpu.is_intel = vendor.ebx == signature_INTEL_ebx;
    const auto basic = cpuid(1), extended = cpuid(7), more = cpuid(7, 1);
    const uint64_t kept = has(basic.ecx, 27) ? kept_registers() : 0;
    const bool ymm = (kept & 0x6) == 0x6, zmm = (kept & 0xe6) == 0xe6;
    const bool tiles = (kept & 0x60000) == 0x60000;
    cpu.avx2 = ymm && has(extended.ebx, 5) && has(basic.ecx, 12);
    cpu.avx512 = cpu.avx2 && zmm && has(extended.ebx, 16) && has(extended.ebx, 17) &&
                 has(extended.ebx, 30) && has(extended.ebx, 31);
    cpu.avx512_vnni = cpu.avx512 && has(extended.ecx, 11);
    cpu.avx512_bf16 = cpu.avx512 && has(more.eax, 5);
    cpu.amx_bf16 = cpu.avx512_bf16 && tiles && has(extended.edx, 22) && has(extended.edx, 24);
    cpu.amx_int8 = cpu.avx512_vnni && tiles && has(extended.edx, 24) && has(extended.edx, 25);
    cpu.avx_vnni = cpu.avx2 && has(more.eax, 4);
    for (unsigned i = 0; i < 3; ++i) {
        const auto part = cpuid(0x80000002 + i);
        std::memcpy(cpu.name + 16 * i, &part, 16);
    }
    return cpu;
}

#else

ck_cpu detected() { return {}; }

#endif

// How far ONEDNN_MAX_CPU_ISA and ATEN_CPU_CAPABILITY let the processor go.
enum Level { none, avx2, avx2_vnni, avx512, avx512_vnni, avx512_bf16, amx };

Level allowed(const char *variable, std::initializer_list<std::pair<const char *, Level>> names) {
    const char *value = std::getenv(variable);
    if (!value) return amx;
    for (const auto &[name, level] : names) {
        if (::strcasecmp(value, name) == 0) return level;
    }
    return amx;
}

ck_cpu limited(ck_cpu cpu) {
    const std::initializer_list<std::pair<const char *, Level>> isas = {
        {"SSE41", none},          {"AVX", none},
        {"AVX2", avx2},           {"AVX2_VNNI", avx2_vnni},
        {"AVX2_VNNI_2", avx2_vnni}, {"AVX512_CORE", avx512},
        {"AVX512_CORE_VNNI", avx512_vnni}, {"AVX512_CORE_BF16", avx512_bf16},
        {"AVX512_CORE_FP16", avx512_bf16}, {"AVX10_1_512", avx512_bf16}};
    const auto level = std::min(
        {allowed("ONEDNN_MAX_CPU_ISA", isas), allowed("DNNL_MAX_CPU_ISA", isas),
         allowed("ATEN_CPU_CAPABILITY", {{"default", none}, {"avx2", avx2_vnni}})});
    cpu.avx2 &= level >= avx2;
    cpu.avx_vnni &= level >= avx2_vnni;
    cpu.avx512 &= level >= avx512;
    cpu.avx512_vnni &= level >= avx512_vnni;
    cpu.avx512_bf16 &= level >= avx512_bf16;
    cpu.amx_bf16 &= level >= amx;
    cpu.amx_int8 &= level >= amx;
    return cpu;
}

}  // namespace

const ck_cpu *ck_cpu_capabilities(void) {
    static const ck_cpu cpu = limited(detected());
    return &cpu;
}
