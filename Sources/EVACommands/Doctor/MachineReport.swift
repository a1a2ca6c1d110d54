internal import EVATensorFiles
internal import Foundation
internal import Torch

/// What the machine, its libraries and this build bring.
struct MachineReport: Encodable {
    struct Processor: Encodable {
        let name: String
        let instructionSets: String
        /// Threads that the process may run at once, and those of the machine.
        let available: Int
        let total: Int
    }

    struct Memory: Encodable {
        /// MiB that the process may use, and of these what is free now.
        let totalMb: Int
        let availableMb: Int
    }

    struct Libtorch: Encodable {
        let version: String
        let folder: String
        let hasCudaSide: Bool
        /// Of the CUDA runtime that comes with it, such as 13.2.
        let cudaVersion: String?
    }

    struct GPU: Encodable {
        let name: String
        let memoryMb: Int
        /// Such as 9.0.
        let capability: String
    }

    struct GPUs: Encodable {
        /// The newest CUDA that the driver serves.
        let driverVersion: String?
        let devices: [GPU]
        /// Why there are none.
        let absence: String?
    }

    struct Cache: Encodable {
        let path: String?
        let isWritable: Bool
        let freeMb: Int?
    }

    let evaclip: String
    let cpu: Processor
    let memory: Memory
    let libtorch: Libtorch
    let gpu: GPUs
    let mpi: MPIInstallation
    let cache: Cache
    /// What in the environment changes how is computed.
    let environment: [String: String]

    /// Looks at the machine; computes nothing and loads no library for good but the driver's.
    init() {
        let environment = ProcessInfo.processInfo.environment
        evaclip = EvaclipCommand.version
        let processor = CPUCapabilities.current
        cpu = Processor(
            name: processor.name, instructionSets: processor.instructionSets,
            available: Processors.available, total: ProcessInfo.processInfo.processorCount)
        memory = Memory(
            totalMb: MachineMemory.total.bytes >> 20,
            availableMb: MachineMemory.available.bytes >> 20)
        libtorch = Libtorch(
            version: Runtime.version, folder: CUDARuntime.folder ?? "",
            hasCudaSide: CUDARuntime.isInstalled,
            cudaVersion: CUDARuntime.version > 0 ? CUDAProblem.version(CUDARuntime.version) : nil)
        gpu = Self.gpus()
        mpi = MPIInstallation(environment: environment)
        cache = Self.cache(environment)
        self.environment = environment.filter { Self.variables.contains($0.key) }
    }

    /// What is wrong with it.
    var problems: [String] {
        guard let path = cache.path else {
            return ["cache: no folder; set EVACLIP_HOME, XDG_CACHE_HOME or HOME"]
        }
        return cache.isWritable
            ? [] : ["cache: \(path) cannot be written; set EVACLIP_HOME to a folder that can"]
    }

    private static let variables: Set<String> = [
        "ATEN_CPU_CAPABILITY", "CUDA_VISIBLE_DEVICES", "KMP_BLOCKTIME", "LD_PRELOAD",
        "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "ONEDNN_MAX_CPU_ISA",
    ]

    private static func gpus() -> GPUs {
        do throws(CUDAProblem) {
            let driver = try CUDADriver()
            return GPUs(
                driverVersion: CUDAProblem.version(driver.version),
                devices: driver.gpus.map { gpu in
                    GPU(
                        name: gpu.name, memoryMb: gpu.memoryBytes >> 20,
                        capability: "\(gpu.capability / 10).\(gpu.capability % 10)")
                }, absence: nil)
        } catch {
            return GPUs(driverVersion: nil, devices: [], absence: "\(error)")
        }
    }

    /// The folder's nearest ancestor that exists is what can be asked.
    private static func cache(_ environment: [String: String]) -> Cache {
        guard let path = CacheFolder.path(environment: environment) else {
            return Cache(path: nil, isWritable: false, freeMb: nil)
        }
        var url = URL(fileURLWithPath: path)
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" {
            url.deleteLastPathComponent()
        }
        var status = statvfs()
        let isKnown = statvfs(url.path, &status) == 0
        return Cache(
            path: path, isWritable: access(url.path, W_OK | X_OK) == 0,
            freeMb: isKnown ? (Int(status.f_bavail) * Int(status.f_frsize)) >> 20 : nil)
    }
}
