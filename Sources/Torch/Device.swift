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

    /// The device of that name: `cpu`, `cuda`, `cuda:1` or `meta`.
    ///
    /// - Throws: `TorchError` when the name is none of these or the machine has no such device.
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
        if kind == .cuda { try Runtime.loadCUDA() }
        self.init(kind: kind, index: index)
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
