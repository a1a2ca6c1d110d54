internal import Foundation

/// What NVIDIA's driver says, asked without libtorch, which could only say that there is no GPU.
package struct CUDADriver: Sendable, Equatable {
    /// A GPU that the process may use.
    package struct GPU: Sendable, Equatable {
        /// What it calls itself: "NVIDIA H100 80GB HBM3".
        package let name: String
        /// Bytes of its memory.
        package let memoryBytes: Int
        /// The generation of its instructions: 90 for compute capability 9.0.
        package let capability: Int
    }

    /// The newest CUDA that the driver serves: 13020 for 13.2.
    package let version: Int
    /// The GPUs in CUDA's order, without those that CUDA_VISIBLE_DEVICES hides.
    package let gpus: [GPU]

    /// Loads the driver and asks it.
    ///
    /// - Parameter runtimeVersion: the version of the CUDA runtime that is to be served; 0 for any.
    /// - Throws: `CUDAProblem` when there is no driver, it is too old, or it shows no GPU.
    package init(serving runtimeVersion: Int = 0) throws(CUDAProblem) {
        let library = try DriverLibrary()
        let version = try library.number("cuDriverGetVersion")
        // From CUDA 11 on, a driver serves every minor version of its major one.
        guard version / 1000 >= runtimeVersion / 1000 else {
            throw .driverTooOld(version: version, needed: runtimeVersion)
        }
        self.version = version
        try library.initialize()
        let count = try library.number("cuDeviceGetCount")
        guard count > 0 else { throw .gpuMissing(reason: "the driver counts none") }
        var gpus: [GPU] = []
        for index in 0..<count { gpus.append(try library.gpu(index)) }
        self.gpus = gpus
    }
}

/// The functions of libcuda.so.1 that are used; it stays loaded as long as the process.
private struct DriverLibrary {
    private let handle: UnsafeMutableRawPointer

    init() throws(CUDAProblem) {
        guard let handle = dlopen("libcuda.so.1", RTLD_NOW) else {
            throw .driverMissing(reason: String(cString: dlerror()))
        }
        self.handle = handle
    }

    private func function<Function>(_ name: String, _ type: Function.Type) throws(CUDAProblem)
        -> Function
    {
        guard let address = dlsym(handle, name) else {
            throw .driverMissing(reason: "libcuda.so.1 has no function \(name)")
        }
        return unsafeBitCast(address, to: type)
    }

    private func check(_ status: Int32, _ call: String) throws(CUDAProblem) {
        guard status != 0 else { return }
        typealias Describe =
            @convention(c) (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
        var text: UnsafePointer<CChar>?
        let describe = try? function("cuGetErrorString", Describe.self)
        let words = describe?(status, &text) == 0 ? text.map { String(cString: $0) } : nil
        throw .gpuMissing(reason: "\(call): \(words ?? "error") (\(status))")
    }

    /// Starts the driver; CUDA's error 100 is that it sees no GPU.
    func initialize() throws(CUDAProblem) {
        typealias Initialize = @convention(c) (UInt32) -> Int32
        try check(try function("cuInit", Initialize.self)(0), "cuInit")
    }

    /// A number that a function without other arguments writes.
    func number(_ name: String) throws(CUDAProblem) -> Int {
        typealias Read = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        var value: Int32 = 0
        try check(try function(name, Read.self)(&value), name)
        return Int(value)
    }

    func gpu(_ index: Int) throws(CUDAProblem) -> CUDADriver.GPU {
        typealias Name = @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Int32
        typealias Memory = @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Int32
        typealias Attribute = @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Int32
        typealias Find = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
        var device: Int32 = 0
        try check(try function("cuDeviceGet", Find.self)(&device, Int32(index)), "cuDeviceGet")
        var name = [CChar](repeating: 0, count: 256)
        try check(
            try function("cuDeviceGetName", Name.self)(&name, Int32(name.count - 1), device),
            "cuDeviceGetName")
        var bytes = 0
        try check(
            try function("cuDeviceTotalMem_v2", Memory.self)(&bytes, device), "cuDeviceTotalMem")
        let attribute = try function("cuDeviceGetAttribute", Attribute.self)
        var (major, minor): (Int32, Int32) = (0, 0)
        // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
        try check(attribute(&major, 75, device), "cuDeviceGetAttribute")
        try check(attribute(&minor, 76, device), "cuDeviceGetAttribute")
        let text = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return CUDADriver.GPU(
            name: String(decoding: text, as: UTF8.self), memoryBytes: bytes,
            capability: Int(major * 10 + minor))
    }
}
