package import EVAConfiguration
internal import Foundation
package import Torch
package import TorchParallel

/// Measures the machine that the program runs on, in a second or two.
///
/// Ranks that a launcher has started measure all at once, as they work; one process measures the
/// whole machine, of which each of several ranks then has its part.
package struct MachineMeasurement {
    private let device: Device
    private let type: PrecisionConfiguration.ComputeType
    private let context: ParallelContext

    // What ranks on one machine of this kind were seen to send each other, and what networks of
    // offices give.
    private static let assumedNode = Machine.Wire(rate: 2e9, delay: 20e-6)
    private static let assumedNetwork = Machine.Wire(rate: 1.25e9, delay: 50e-6)
    private static let seconds = 0.4

    /// - Parameters:
    ///   - device: what is measured.
    ///   - type: the format of the products that are taken.
    ///   - context: this process among those that were started with it.
    package init(
        of device: Device, type: PrecisionConfiguration.ComputeType, context: ParallelContext
    ) {
        self.device = device
        self.type = type
        self.context = context
    }

    /// The machine's figures, for one of so many ranks.
    ///
    /// - Parameters:
    ///   - ranksPerNode: how many ranks are to be side by side on such a machine.
    ///   - localRanks: how many of the started processes are on this one.
    /// - Throws: `ParallelError` where the other ranks cannot be asked.
    package func machine(ranksPerNode: Int, localRanks: Int) throws -> Machine {
        let isHost = device.kind == .cpu
        // GPUs are not shared by ranks; a machine of which one process has all is.
        let part = isHost ? Double(localRanks) / Double(ranksPerNode) : 1
        try context.world.barrier()
        let products = productRate() * part
        let memory = copyRate() * part
        var sources = [
            "products in \(type.rawValue) and the memory's rate: measured now on \(device)"
        ]
        var shares = Machine.Shares()
        // Measured is what is reached, by one large product.
        shares.products = 0.9
        shares.memory = 0.9
        shares.network = 1
        if isHost {
            // Messages are carried by the processors that compute.
            shares.hidden = 0.3
        }
        let wires = try self.wires(localRanks: localRanks, &sources)
        return Machine(
            name: "this machine", memoryBytes: availableBytes(ranksPerNode: ranksPerNode),
            baseBytes: isHost ? TrainingMemory.hostBase : Machine.gpuBase,
            productRates: [type: products], memoryRate: memory, ranksPerNode: ranksPerNode,
            node: wires.node, network: wires.network, isHost: isHost, shares: shares,
            sources: sources)
    }

    private func availableBytes(ranksPerNode: Int) -> Double {
        guard device.kind == .cuda else {
            return Double(MachineMemory.total.bytes) / Double(ranksPerNode)
        }
        let gpus = (try? CUDADriver().gpus) ?? []
        return gpus.indices.contains(device.index) ? Double(gpus[device.index].memoryBytes) : 0
    }

    // MARK: Rates

    /// Operations in a second of one large product, as the model's layers take it.
    private func productRate() -> Double {
        let side = device.kind == .cuda ? 8192 : 1024
        let dtype: DType =
            switch type {
            case .float32: .float32
            case .bfloat16: .bfloat16
            case .float16: .float16
            }
        let x = Tensor.full([side, side], 0.5, dtype: dtype, device: device)
        let weight = Tensor.full([side, side], 0.25, dtype: dtype, device: device)
        let seconds = fastest { _ = x.linear(weight: weight, bias: nil) }
        return 2 * pow(Double(side), 3) / seconds
    }

    /// Bytes in a second that a copy reads and writes.
    private func copyRate() -> Double {
        let count = 64 << 20
        let source = Tensor.full([count], 1, dtype: .float32, device: device)
        let target = Tensor.full([count], 0, dtype: .float32, device: device)
        let seconds = fastest { target.copy(from: source) }
        return Double(2 * 4 * count) / seconds
    }

    /// The shortest of several times, which other work on the machine disturbs least.
    private func fastest(_ body: () -> Void) -> Double {
        withoutGradient {
            body()
            Runtime.synchronize(device)
            var shortest = Double.infinity
            let start = ContinuousClock.now
            repeat {
                shortest = min(
                    shortest,
                    Self.time {
                        body(); Runtime.synchronize(device)
                    })
            } while ContinuousClock.now - start < .seconds(Self.seconds)
            return shortest
        }
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return max(1e-9, (ContinuousClock.now - start) / .seconds(1))
    }

    // MARK: Messages

    private func wires(localRanks: Int, _ sources: inout [String]) throws -> (
        node: Machine.Wire, network: Machine.Wire
    ) {
        let world = context.world
        let node =
            localRanks < world.size
            ? try world.split(color: context.mesh.rank / max(1, localRanks), name: "node") : world
        var wires = (node: Self.assumedNode, network: Self.assumedNetwork)
        if node.size > 1 {
            wires.node = try measure(node)
            sources.append("messages within the node: measured now over \(node.size) ranks")
        } else {
            sources.append(
                "messages within the node: assumed, \(Self.assumedNode.rate / 1e9) GB/s a rank; "
                    + "started by mpirun, this is measured")
        }
        if node.size < world.size {
            wires.network = try measure(world)
            sources.append("messages between nodes: measured now over \(world.size) ranks")
        } else {
            sources.append(
                "messages between nodes: assumed, \(Self.assumedNetwork.rate / 1e9) GB/s a rank; "
                    + "give --interconnect")
        }
        return wires
    }

    /// What a sum over the ranks takes, a long one and many short ones.
    private func measure(_ group: any ProcessGroup) throws -> Machine.Wire {
        let count = 4 << 20
        let long = Tensor.full([count], 1, device: device)
        let short = Tensor.full([1], 1, device: device)
        let times = 50
        for tensor in [long, short] { try group.sum(inPlace: tensor) }
        try group.barrier()
        let seconds = try (0..<4).map { _ in
            try Self.time {
                try group.sum(inPlace: long)
                Runtime.synchronize(device)
            }
        }
        let delay =
            try Self.time {
                for _ in 0..<times { try group.sum(inPlace: short) }
                Runtime.synchronize(device)
            } / Double(times)
        let ranks = Double(group.size)
        let sent = 2 * (ranks - 1) / ranks * Double(4 * count)
        return Machine.Wire(
            rate: sent / (seconds.min() ?? 1), delay: delay / (2 * log2(ranks).rounded(.up)))
    }
}
