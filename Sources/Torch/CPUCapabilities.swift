internal import CTorchKernels

/// What the processor can do and the environment leaves it.
///
/// `ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2`, or `SSE41` and `default`, let any processor
/// play a lesser one, here as in libtorch.
package struct CPUCapabilities: Sendable {
    /// As the manufacturer calls it; empty where it does not tell.
    package let name: String
    /// 256-bit vectors with fused multiply-add.
    package let hasAVX2: Bool
    /// 512-bit vectors (F, BW, DQ and VL).
    package let hasAVX512: Bool
    /// Products of 8-bit integers.
    package let hasVNNI: Bool
    /// Matrix tiles.
    package let hasAMX: Bool
    /// Products of bf16 operands without going through fp32.
    package let hasNativeBFloat16: Bool

    /// This process's processor, asked once.
    package static let current: CPUCapabilities = {
        var cpu = ck_cpu_capabilities().pointee
        let name = withUnsafeBytes(of: &cpu.name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return CPUCapabilities(
            name: name.split(separator: " ").joined(separator: " "), hasAVX2: cpu.avx2,
            hasAVX512: cpu.avx512, hasVNNI: cpu.avx512_vnni || cpu.avx_vnni,
            hasAMX: cpu.amx_bf16, hasNativeBFloat16: cpu.avx512_bf16)
    }()

    /// The instruction sets that the kernels use, the largest first: `AVX-512, VNNI, bf16`.
    package var instructionSets: String {
        let sets = [
            (hasAMX, "AMX"), (hasAVX512, "AVX-512"), (hasAVX2 && !hasAVX512, "AVX2"),
            (hasVNNI, "VNNI"), (hasNativeBFloat16, "bf16"),
        ].filter(\.0).map(\.1)
        return sets.isEmpty ? "baseline" : sets.joined(separator: ", ")
    }
}
