import EVATestSupport
import Testing
import Torch
import TorchParallel

/// The counters of what collectives move.
@Suite struct TrafficTests {
    private typealias Row = Traffic.Row

    @Test("Each collective counts the bytes of its whole tensor, under its group's name")
    func rows() throws {
        let counted = try ThreadedProcessGroup.run(size: 4) { group in
            let traffic = Traffic()
            let world = MeteredGroup(group, name: "world", traffic: traffic)
            let part = try world.split(color: group.rank % 2, name: "part")
            let floats = Tensor.full([8], 1, device: .cpu)
            try world.sum(inPlace: floats)
            try world.sum(inPlace: Tensor.full([8], 1, dtype: .bfloat16, device: .cpu))
            _ = try world.gather(Tensor([Int64(1), 2], shape: [2]))
            _ = try part.gather(Tensor.full([2, 3], 1, dtype: .bfloat16, device: .cpu))
            _ = try part.sumScatter(floats)
            try world.broadcast(inPlace: floats)
            try world.barrier()
            _ = try part.exchange(floats, to: 1 - part.rank, from: 1 - part.rank)
            return traffic.rows
        }
        let expected = [
            Row(group: "part", ranks: 2, operation: .sumScatter, calls: 1, tensorBytes: 32),
            Row(group: "part", ranks: 2, operation: .gather, calls: 1, tensorBytes: 24),
            Row(group: "part", ranks: 2, operation: .send, calls: 1, tensorBytes: 32),
            Row(group: "part", ranks: 2, operation: .receive, calls: 1, tensorBytes: 32),
            // Numbers of 16 bits are summed in fp32.
            Row(group: "world", ranks: 4, operation: .sum, calls: 2, tensorBytes: 64),
            Row(group: "world", ranks: 4, operation: .gather, calls: 1, tensorBytes: 64),
            Row(group: "world", ranks: 4, operation: .broadcast, calls: 1, tensorBytes: 32),
            Row(group: "world", ranks: 4, operation: .barrier, calls: 1, tensorBytes: 0),
        ]
        for rank in counted { #expect(rank == expected) }
        #expect(expected.map(\.sentBytes) == [16, 12, 32, 0, 96, 48, 24, 0])
    }

    @Test("One rank alone moves nothing, and a counter begins anew")
    func alone() throws {
        let traffic = Traffic()
        let group = MeteredGroup(SingleProcessGroup(), name: "world", traffic: traffic)
        try CollectiveCheck(group).run()
        #expect(traffic.rows.isEmpty && traffic.sentBytes == 0)
        let bytes = try ThreadedProcessGroup.run(size: 2) { group in
            let traffic = Traffic()
            let group = MeteredGroup(group, name: "world", traffic: traffic)
            try group.sum(inPlace: Tensor.full([2], 1, device: .cpu))
            let before = traffic.sentBytes
            traffic.reset()
            return [before, traffic.sentBytes]
        }
        #expect(bytes == [[8, 0], [8, 0]])
    }

    @Test("A counted group does all that the group does", arguments: [2, 3])
    func transparent(size: Int) throws {
        _ = try ThreadedProcessGroup.run(size: size) {
            try CollectiveCheck(MeteredGroup($0, name: "world", traffic: Traffic())).run()
        }
    }

    @Test("The groups of ranks that are processes are counted by the mesh's names")
    func processes() throws {
        let run = try MPIRun(4, ["traffic"], environment: ["TENSOR_DEGREE": "2"])
        #expect(run.code == 0, "\(run)")
        // Sharding has one rank here, which moves nothing.
        for group in ["data ranks", "data", "tensor"] {
            let lines = run.output.split(separator: "\n").filter { $0 == "\(group): 1 sum 8" }
            #expect(lines.count == 4, "\(group): \(run)")
        }
        #expect(!run.output.contains("sharding:"), "\(run)")
    }

    @Test("Groups of a mesh have their ranks side by side or apart")
    func groups() {
        let mesh = DeviceMesh(data: 3, sharding: 4, tensor: 2, rank: 0)
        #expect(RankGroup.allCases.map { $0.size(in: mesh) } == [24, 12, 3, 4, 2])
        #expect(RankGroup.allCases.map { $0.stride(in: mesh) } == [1, 2, 8, 2, 1])
    }
}
