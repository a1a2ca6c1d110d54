package import Foundation

extension Machine {
    /// Reads a machine's figures from a file.
    ///
    /// Required are `memory_gb`, `memory_gb_per_s`, `fp32_tflops`, `ranks_per_node`,
    /// `node_gb_per_s` and `network_gb_per_s`, all for one rank; `bf16_tflops` and `fp16_tflops` are
    /// those of fp32 where they are missing. Optional are `name`, `base_gb`, `node_delay_us`,
    /// `network_delay_us`, `host` (true where ranks compute on the host's processors), and the shares of
    /// these figures that are reached, above 0 to 1: `share_of_products`, `share_of_attention`,
    /// `share_of_memory`, `share_of_network`, `share_hidden`, `share_of_space`.
    ///
    /// - Parameters:
    ///   - json: the file's bytes.
    ///   - source: its path, for the error text.
    /// - Throws: `ConfigurationError` with every problem found.
    package init(json: Data, source: String) throws {
        let document = try JSONParser.parse(json, source: source)
        guard case .object(let members) = document else {
            throw ConfigurationError(
                source: source, message: "expected a JSON object, got \(document.summary)")
        }
        let problems = ObjectReader.Problems()
        var reader = MachineReader(
            reader: ObjectReader(path: "", members: members, problems: problems))
        self = reader.machine(named: source)
        reader.reader.finish()
        guard problems.list.isEmpty else {
            throw ConfigurationError(source: source, problems: problems.list)
        }
    }
}

private struct MachineReader {
    var reader: ObjectReader

    private static let giga = 1e9
    private static let figures = FlagRange.above(0, to: 1e9)
    private static let optionalFigures = FlagRange.from(0, to: 1e9)
    private static let shares = FlagRange.above(0, to: 1)

    mutating func machine(named source: String) -> Machine {
        let single = required("fp32_tflops") * 1e12
        var shares = Machine.Shares()
        shares.products = share("share_of_products", shares.products)
        shares.attention = share("share_of_attention", shares.attention)
        shares.memory = share("share_of_memory", shares.memory)
        shares.network = share("share_of_network", shares.network)
        shares.hidden = number("share_hidden", shares.hidden, in: .from(0, to: 1))
        shares.space = share("share_of_space", shares.space)
        return Machine(
            name: reader.string("name") ?? source,
            memoryBytes: required("memory_gb") * Self.giga,
            baseBytes: optional("base_gb", Machine.gpuBase / Self.giga) * Self.giga,
            productRates: [
                .float32: single,
                .bfloat16: positive("bf16_tflops", single / 1e12) * 1e12,
                .float16: positive("fp16_tflops", single / 1e12) * 1e12,
            ],
            memoryRate: required("memory_gb_per_s") * Self.giga,
            ranksPerNode: ranksPerNode(),
            node: Machine.Wire(
                rate: required("node_gb_per_s") * Self.giga,
                delay: delay("node_delay_us", Machine.gpuDelays.node)),
            network: Machine.Wire(
                rate: required("network_gb_per_s") * Self.giga,
                delay: delay("network_delay_us", Machine.gpuDelays.network)),
            isHost: reader.bool("host", default: false), shares: shares,
            sources: ["all figures: \(source)"])
    }

    private mutating func ranksPerNode() -> Int {
        let count = reader.integer("ranks_per_node")
        if !FlagRange.processes.contains(count) {
            reader.report(
                "ranks_per_node", "expected an integer \(FlagRange.processes.words), got \(count)")
        }
        return count
    }

    private mutating func required(_ key: String) -> Double {
        guard let value = reader.optionalNumber(key) else {
            if reader.members[key] == nil || reader.members[key] == .null {
                reader.report(key, "missing; a number is required")
            }
            return 1
        }
        return checked(value, key, Self.figures)
    }

    private mutating func optional(_ key: String, _ usual: Double) -> Double {
        number(key, usual, in: Self.optionalFigures)
    }

    private mutating func positive(_ key: String, _ usual: Double) -> Double {
        number(key, usual, in: Self.figures)
    }

    private mutating func share(_ key: String, _ usual: Double) -> Double {
        number(key, usual, in: Self.shares)
    }

    private mutating func delay(_ key: String, _ usual: Double) -> Double {
        number(key, usual * 1e6, in: .from(0, to: 1e9)) / 1e6
    }

    private mutating func number(_ key: String, _ usual: Double, in range: FlagRange) -> Double {
        checked(reader.number(key, default: usual), key, range)
    }

    private func checked(_ value: Double, _ key: String, _ range: FlagRange) -> Double {
        if !range.contains(value) {
            reader.report(key, "expected a number \(range.words), got \(value)")
        }
        return value
    }
}
