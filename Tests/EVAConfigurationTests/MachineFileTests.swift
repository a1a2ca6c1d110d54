import EVAConfiguration
import Foundation
import Testing

/// A user's figures of a machine.
@Suite struct MachineFileTests {
    private func read(_ text: String) throws -> Machine {
        try Machine(json: Data(text.utf8), source: "machine.json")
    }

    private static let required =
        "\"memory_gb\": 48, \"memory_gb_per_s\": 864, \"fp32_tflops\": 91.6, "
        + "\"ranks_per_node\": 4, \"node_gb_per_s\": 32, \"network_gb_per_s\": 12.5"

    @Test("A file's figures are taken in their units, and the rest is as usual")
    func figures() throws {
        let machine = try read(
            "{\(Self.required), \"name\": \"L40S\", \"bf16_tflops\": 362, \"node_delay_us\": 10, "
                + "\"share_of_products\": 0.5, \"host\": true, \"base_gb\": 1.5}")
        #expect(machine.name == "L40S" && machine.memoryBytes == 48e9 && machine.baseBytes == 1.5e9)
        #expect(machine.productRate(.bfloat16) == 362e12)
        #expect(machine.productRate(.float32) == 91.6e12)
        #expect(machine.productRate(.float16) == 91.6e12)
        #expect(machine.memoryRate == 864e9 && machine.ranksPerNode == 4)
        #expect(machine.node.rate == 32e9 && abs(machine.node.delay - 1e-5) < 1e-12)
        #expect(machine.network.rate == 12.5e9 && machine.isHost)
        #expect(machine.shares.products == 0.5)
        #expect(machine.shares.memory == Machine.Shares().memory)
        let bare = try read("{\(Self.required)}")
        #expect(bare.name == "machine.json" && !bare.isHost)
    }

    @Test("All that is wrong with a file is said at once")
    func problems() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try read(
                "{\"memory_gb\": -1, \"memory_gb_per_s\": \"fast\", \"fp32_tflops\": 1, "
                    + "\"ranks_per_node\": 0, \"node_gb_per_s\": 1, \"network_gb_s\": 2, "
                    + "\"share_of_memory\": 1.5}")
        }
        let text = error?.description ?? ""
        for words in [
            "memory_gb: expected a number above 0", "memory_gb_per_s: expected a number, got",
            "ranks_per_node: expected an integer from 1", "network_gb_per_s: missing",
            "network_gb_s: unknown key", "share_of_memory: expected a number above 0, at most 1",
        ] {
            #expect(text.contains(words), "no '\(words)' in: \(text)")
        }
        for text in ["", "[]", "{", "{\(Self.required), \"fp32_tflops\": 1e300}"] {
            #expect(throws: (any Error).self) { try read(text) }
        }
    }

    @Test("The presets are GPUs, the newer ones faster and none smaller")
    func presets() throws {
        let machines = try ["a100", "h100", "h200"].map { try #require(Machine.presets[$0]) }
        #expect(machines.allSatisfy { !$0.isHost && $0.ranksPerNode == 8 })
        #expect(
            machines.map { $0.productRate(.bfloat16) / 1e12 } == [312, 989.5, 989.5])
        #expect(machines.map { $0.memoryBytes / 1e9 } == [80, 80, 141])
        #expect(machines.map { $0.network.rate / 1e9 } == [25, 50, 50])
    }
}
