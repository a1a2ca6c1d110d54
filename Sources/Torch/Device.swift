internal import CTorch

/// Where a tensor's elements live.
package struct Device: Sendable, Hashable, CustomStringConvertible {
    /// The kinds that the program knows.
    package enum Kind: String, Sendable, CaseIterable {
        case cpu
        case cuda
        /// Shapes and dtypes without elements: for counting and for checking.
        case meta
    }

    package let kind: Kind
    /// The device's number among those of its kind; -1 is the current one.
    package let index: Int

    package static let cpu = Device(kind: .cpu, index: -1)
    package static let meta = Device(kind: .meta, index: -1)

    private init(kind: Kind, index: Int) {
        self.kind = kind
        self.index = index
    }

    /// A GPU that was not looked at.
    init(gpu index: Int) {
        self.init(kind: .cuda, index: index)
    }

    /// The device of that name: `cpu`, `cuda`, `cuda:1` or `meta`.
    ///
    /// A GPU is to be named before anything is computed: libtorch does not look for one later.
    ///
    /// - Throws: `TorchError` when the name is none of these, or the machine has no such device or
    ///   cannot compute on it, with what is missing.
    package init(named name: String) throws {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, let kind = Kind(rawValue: String(first)), parts.count <= 2
        else {
            throw TorchError("device '\(name)': expected cpu, cuda, cuda:N or meta")
        }
        var index = kind == .cuda ? 0 : -1
        if parts.count == 2 {
            guard kind == .cuda, let number = Int(parts[1]), (0..<128).contains(number) else {
                throw TorchError("device '\(name)': expected cpu, cuda, cuda:N or meta")
            }
            index = number
        }
        if kind == .cuda {
            do {
                try CUDARuntime.select(index)
            } catch {
                throw TorchError("device '\(name)' is not available: \(error)")
            }
        }
        self.init(kind: kind, index: index)
    }

    /// The GPU of the process's own where there is one that computes, else the CPU.
    ///
    /// - Parameter localRank: the process's number among those of the host, which take the GPUs in turn.
    /// - Returns: the device, and where a GPU could be expected - there is one, or libtorch's CUDA
    ///   side is installed - why it is not taken.
    package static func automatic(localRank: Int = 0) -> (device: Device, reason: String?) {
        do throws(CUDAProblem) {
            let index = localRank % max(1, try CUDARuntime.load().gpus.count)
            try CUDARuntime.select(index)
            return (Device(gpu: index), nil)
        } catch {
            guard case .libraryMissing = error else { return (.cpu, "\(error)") }
            // A machine without a GPU needs no CUDA side, so nothing is amiss there.
            guard let gpu = try? CUDADriver().gpus.first else { return (.cpu, nil) }
            return (.cpu, "the GPU \(gpu.name) is not used: \(error)")
        }
    }

    init(_ device: ct_device) {
        switch device.kind {
        case CT_CUDA: self.init(kind: .cuda, index: Int(device.index))
        case CT_META: self = .meta
        default: self = .cpu
        }
    }

    /// The device as the C boundary spells it.
    var code: ct_device {
        let kind: ct_device_kind =
            switch self.kind {
            case .cpu: CT_CPU
            case .cuda: CT_CUDA
            case .meta: CT_META
            }
        return ct_device(kind: kind, index: Int32(index))
    }

    package var description: String {
        index < 0 ? kind.rawValue : "\(kind.rawValue):\(index)"
    }
}
