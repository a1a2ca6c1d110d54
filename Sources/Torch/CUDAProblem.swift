internal import Foundation

/// Why a GPU cannot be computed on.
package enum CUDAProblem: Error, Sendable, Equatable {
    /// libtorch's CUDA side is not in the folder that libtorch lies in.
    case libraryMissing(folder: String)
    /// libtorch's CUDA side does not load, or does not work.
    case libraryBroken(reason: String)
    case driverMissing(reason: String)
    /// Versions as CUDA counts them: 13020 for 13.2.
    case driverTooOld(version: Int, needed: Int)
    case gpuMissing(reason: String)
    /// Capabilities as in `CUDADriver.GPU`; `needed` is nil where only libtorch's kernels tell.
    case gpuUnsupported(name: String, capability: Int, needed: Int?)
    case noSuchGPU(index: Int, count: Int)
    /// The GPU is there and does not compute: it is taken, its memory is full, it is broken.
    case gpuFailed(name: String, reason: String)

    /// A version of CUDA in words.
    package static func version(_ number: Int) -> String {
        "\(number / 1000).\(number % 1000 / 10)"
    }

    static func capability(_ number: Int) -> String { "\(number / 10).\(number % 10)" }
}

extension CUDAProblem: CustomStringConvertible {
    /// One line: what is wrong, and the remedy.
    package var description: String {
        switch self {
        case .libraryMissing(let folder):
            "libtorch's CUDA side is not installed (no libtorch_cuda.so in \(folder)); "
                + "scripts/bootstrap --cuda brings it, or set LIBTORCH to a CUDA build"
        case .libraryBroken(let reason):
            "libtorch's CUDA side cannot be used: \(reason)"
        case .driverMissing(let reason):
            "no NVIDIA driver (\(reason)); install one on the machine, and in a container start it "
                + "with access to the GPUs"
        case .driverTooOld(let version, let needed):
            "the NVIDIA driver serves CUDA \(Self.version(version)), and libtorch needs "
                + "\(needed / 1000).0 or newer; update the driver, or set LIBTORCH to a build for "
                + "an older CUDA"
        case .gpuMissing(let reason): "no GPU was found: \(reason)\(Self.visibleDevices)"
        case .gpuUnsupported(let name, let capability, let needed):
            "the GPU \(name) has compute capability \(Self.capability(capability)), for which "
                + "libtorch has no kernels"
                + (needed.map { " (\(Self.capability($0)) is the least)" } ?? "")
                + "; set LIBTORCH to a build that supports it"
        case .noSuchGPU(let index, let count):
            "there is no GPU \(index): the process sees \(count), counted from 0"
                + Self.visibleDevices
        case .gpuFailed(let name, let reason):
            "the GPU \(name) does not compute: \(reason); nvidia-smi shows its state"
        }
    }

    private static var visibleDevices: String {
        ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"].map {
            "; CUDA_VISIBLE_DEVICES is '\($0)'"
        } ?? ""
    }
}
