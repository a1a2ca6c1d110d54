import Testing
import TorchParallel

@Suite struct DeviceMeshTests {
    @Test(
        "The data axis takes the ranks that sharding and tensor parallelism leave",
        arguments: [
            (8, 1, 1, 8, 1), (8, 8, 1, 1, 8), (8, 2, 2, 2, 2), (8, nil, 2, 1, 4), (1, nil, 1, 1, 1),
        ])
    func degrees(world: Int, sharding: Int?, tensor: Int, data: Int, shards: Int) throws {
        for rank in 0..<world {
            let mesh = try DeviceMesh(
                world: world, sharding: sharding, tensor: tensor, rank: rank)
            #expect(mesh.dataDegree == data)
            #expect(mesh.shardingDegree == shards)
            #expect(mesh.worldSize == world)
            #expect(
                (mesh.rank(along: .data) * shards + mesh.rank(along: .sharding)) * tensor
                    + mesh.rank(along: .tensor) == rank)
        }
    }

    @Test(
        "Degrees that do not fit are refused with the equation and its numbers",
        arguments: [
            (8, 3, 1, "8 = data x 3 x 1"), (4, 2, 4, "4 = data x 2 x 4"),
            (6, nil, 4, "6 = data x sharding x 4"), (1, 8, 1, "1 = data x 8 x 1"),
            (2, 1 << 40, 1 << 40, "2 = data x"),
        ])
    func unfit(world: Int, sharding: Int?, tensor: Int, equation: String) {
        let error = #expect(throws: ParallelError.self) {
            try DeviceMesh(world: world, sharding: sharding, tensor: tensor, rank: 0)
        }
        #expect(error?.description.contains(equation) == true, "\(error?.description ?? "")")
        #expect(error?.isUsage == true)
    }

    @Test("Pipeline parallelism is refused with its reason")
    func pipeline() {
        let error = #expect(throws: ParallelError.pipelineUnavailable(degree: 2)) {
            try DeviceMesh(world: 4, sharding: 1, tensor: 1, pipeline: 2, rank: 0)
        }
        #expect(error?.description.contains("--pipeline_parallel_degree 2") == true)
        #expect(error?.description.contains("all pairs at once") == true)
    }
}
