internal import Foundation

/// What the processor can do.
package struct CPUCapabilities: Sendable {
    /// As the manufacturer calls it; empty where it does not tell.
    package let name: String
    /// The instruction sets that matter here, the largest first: `AVX-512, VNNI, bf16`.
    package let instructionSets: String

    /// This process's processor, asked once.
    package static let current: CPUCapabilities = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?
                .split(separator: ":", maxSplits: 1).last
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let flags = Set((field("flags") ?? "").split(separator: " "))
        let sets = [
            ("amx_bf16", "AMX"), ("avx512bw", "AVX-512"), ("avx2", "AVX2"),
            ("avx512_vnni", "VNNI"), ("avx512_bf16", "bf16"),
        ].filter { flags.contains(Substring($0.0)) }.map(\.1)
        return CPUCapabilities(
            name: field("model name") ?? "",
            instructionSets: sets.isEmpty ? "baseline" : sets.joined(separator: ", "))
    }()
}
