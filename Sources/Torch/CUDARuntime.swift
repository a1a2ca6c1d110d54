internal import CTorch
internal import Foundation

/// libtorch's CUDA side, which a CPU machine neither has nor needs: found and loaded on demand.
///
/// libtorch asks once whether there is a GPU and keeps the answer, so nothing may ask before the
/// library is loaded. What is wrong is therefore found out beforehand, from the files and the
/// driver.
package enum CUDARuntime {
    /// The folder that libtorch was loaded from.
    package static var folder: String? {
        guard let text = ct_library_folder() else { return nil }
        defer { ct_free_message(text) }
        return String(cString: text)
    }

    /// Whether libtorch's CUDA side is installed beside its CPU side.
    package static var isInstalled: Bool {
        libraryPath.map { access($0, R_OK) == 0 } ?? false
    }

    /// The version of the CUDA runtime that comes with libtorch, 13020 for 13.2; 0 for none.
    package static var version: Int { Int(ct_cuda_runtime_version()) }

    /// What the driver says, once the library is loaded; loads it at the first call.
    ///
    /// - Throws: `CUDAProblem`, the same at every call.
    package static func load() throws(CUDAProblem) -> CUDADriver { try loaded.get() }

    private static var libraryPath: String? { folder.map { $0 + "/libtorch_cuda.so" } }

    private static let loaded: Result<CUDADriver, CUDAProblem> = {
        do throws(CUDAProblem) {
            guard let path = libraryPath, isInstalled else {
                throw .libraryMissing(folder: folder ?? "the folder of libtorch")
            }
            let driver = try CUDADriver(serving: version)
            do {
                try TorchError.check(ct_cuda_load(path), path)
            } catch {
                throw .libraryBroken(reason: "\(error)")
            }
            return .success(driver)
        } catch {
            return .failure(error)
        }
    }()

    /// Makes a GPU the process's own and lets it compute something.
    ///
    /// - Throws: `CUDAProblem` when it is not there or does not compute.
    static func select(_ index: Int) throws(CUDAProblem) {
        let gpus = try load().gpus
        guard gpus.indices.contains(index) else {
            throw .noSuchGPU(index: index, count: gpus.count)
        }
        let gpu = gpus[index]
        if let needed = leastCapability, gpu.capability < needed {
            throw .gpuUnsupported(name: gpu.name, capability: gpu.capability, needed: needed)
        }
        do {
            try TorchError.check(ct_cuda_select(Int32(index)), "cuda:\(index)")
            // The libraries say only when a kernel is started that they have none for the GPU.
            let sum = try throwingTorchFailures {
                let ones =
                    try Operator.full.call([
                        .ints([2]), .double(1), .dtype(.float32), .none,
                        .device(Device(gpu: index)), .bool(false),
                    ]).first ?? nil
                let sum = try ones.map { try Operator.sum.call([.tensor($0), .none]) }?.first
                return sum.flatMap { $0 }?.floats()
            }
            guard sum == [2] else { throw TorchError("1 + 1 is not 2 there") }
        } catch {
            let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? ""
            guard reason.contains("no kernel image") else {
                throw .gpuFailed(name: gpu.name, reason: reason)
            }
            throw .gpuUnsupported(name: gpu.name, capability: gpu.capability, needed: nil)
        }
    }

    /// The oldest GPUs that a CUDA toolkit compiles for; libtorch's wheels may ask for newer ones.
    private static var leastCapability: Int? {
        switch version / 1000 {
        case 13: 75
        case 12: 50
        default: nil
        }
    }
}
