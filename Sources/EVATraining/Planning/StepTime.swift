internal import EVAConfiguration
internal import Foundation
internal import TorchParallel

/// How long an optimizer step takes, in seconds, by what it waits for.
package struct StepTime: Sendable, Equatable {
    /// Matrix products, at the rate that they reach.
    package let compute: Double
    /// What is read and written besides.
    package let memory: Double
    /// Messages within a node, as far as they are not hidden behind the computation.
    package let node: Double
    /// Messages between nodes, likewise.
    package let network: Double
    /// Messages that are hidden.
    package let hidden: Double

    package var total: Double { compute + memory + node + network }

    /// What takes the longest.
    package enum Limit: String, Sendable, CaseIterable {
        case compute
        case memory
        case node = "network inside the node"
        case network = "network between nodes"
    }

    package var limit: Limit {
        let parts: [(Limit, Double)] = [
            (.compute, compute), (.memory, memory), (.node, node), (.network, network),
        ]
        return parts.max { $0.1 < $1.1 }?.0 ?? .compute
    }

    init(
        _ work: StepWork, _ traffic: StepTraffic, _ precision: PrecisionConfiguration,
        arrangement: Arrangement, on machine: Machine
    ) {
        let rate = machine.productRate(precision.compute)
        compute =
            work.products / (rate * machine.shares.products)
            + work.attention / (rate * machine.shares.attention)
        memory = work.movedBytes / (machine.memoryRate * machine.shares.memory)
        var open = Wires()
        var behind = Wires()
        for row in traffic.rows {
            guard let group = RankGroup(rawValue: row.group) else { continue }
            let wire = Wire(group, in: arrangement.mesh, on: machine)
            if Self.isHidden(row, group, arrangement) {
                behind.add(wire.seconds(of: row), inside: wire.isInside)
            } else {
                open.add(wire.seconds(of: row), inside: wire.isInside)
            }
        }
        // Gradients go while backward does; parameters of stage 3 come in forward too.
        let share = arrangement.shareCount(fromStage: 3) > 1 ? 1 : work.backwardShare
        let room = (compute + memory) * share * machine.shares.hidden
        hidden = min(room, behind.total)
        let rest = behind.total > 0 ? 1 - hidden / behind.total : 0
        node = open.inside + behind.inside * rest
        network = open.between + behind.between * rest
    }

    private struct Wires {
        var inside = 0.0
        var between = 0.0
        var total: Double { inside + between }

        mutating func add(_ seconds: Double, inside isInside: Bool) {
            if isInside { inside += seconds } else { between += seconds }
        }
    }

    /// Whether messages go while other things are computed.
    private static func isHidden(
        _ row: Traffic.Row, _ group: RankGroup, _ arrangement: Arrangement
    ) -> Bool {
        switch (group, row.operation) {
        case (.dataRanks, .sum), (.data, .sum), (.sharding, .sumScatter): true
        case (.sharding, .gather): arrangement.shardingStage == 3
        default: false
        }
    }

    /// What connects the ranks of a group.
    private struct Wire {
        /// Whether all of them are on one node.
        let isInside: Bool
        private let rate: Double
        private let delay: Double

        /// A group with several ranks on each node sends between nodes over as many adapters.
        init(_ group: RankGroup, in mesh: DeviceMesh, on machine: Machine) {
            let (size, stride) = (group.size(in: mesh), group.stride(in: mesh))
            isInside = size * stride <= machine.ranksPerNode
            let together = max(1, min(size, machine.ranksPerNode / stride))
            rate =
                machine.shares.network
                * (isInside
                    ? machine.node.rate
                    : min(machine.node.rate, Double(together) * machine.network.rate))
            delay = isInside ? machine.node.delay : machine.network.delay
        }

        /// As many rounds of messages as a tree of the ranks is deep; a sum goes up and down.
        func seconds(of row: Traffic.Row) -> Double {
            let depth = log2(Double(row.ranks)).rounded(.up)
            let rounds = depth * (row.operation == .sum ? 2 : 1)
            return row.sentBytes / rate + Double(row.calls) * rounds * delay
        }
    }
}
