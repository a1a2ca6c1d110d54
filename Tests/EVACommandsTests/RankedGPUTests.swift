import EVATestSupport
import Foundation
import Testing

/// `mpirun -np 2 evaclip train --device cuda`, on GPUs and an NCCL that the CPU plays.
@Suite(.serialized) struct RankedGPUTests {
    @Test(
        "Ranks with a GPU each take the course of one process on the CPU",
        arguments: [[], ["--sharding", "stage3"], ["--loss_gather", "all", "--loss", "sigmoid"]])
    func training(more: [String]) throws {
        let run = try TinyRun(patchDropout: 0.5)
        let loss = more.contains("sigmoid") ? ["--loss", "sigmoid"] : []
        let steps = ["--max_steps", "6"]
        try FakeGPU.succeed(
            run.flags("cpu", steps + loss + ["--per_device_train_batch_size", "8"]))
        let outcome = try EvaclipProcess.run(
            run.flags("gpus", steps + more + ["--device", "cuda"]),
            shell: FakeGPU.shell(
                "PATH=/usr/local/bin:/usr/bin:/bin", "OMPI_ALLOW_RUN_AS_ROOT=1",
                "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
                + "; exec mpirun -np 2 --oversubscribe \"$0\" \"$@\"")
        try #require(outcome.code == 0, "\(outcome)")
        let losses = try ["cpu", "gpus"].map { name in
            try run.metrics(name).map { try #require($0["loss"]) }
        }
        try #require(losses[0].count == 3 && losses[1].count == 3)
        for (cpu, gpus) in zip(losses[0], losses[1]) {
            #expect(abs(gpus / cpu - 1) < 1e-3, "\(losses)")
        }
        let record = String(decoding: try run.bytes("gpus/run.json"), as: UTF8.self)
        #expect(record.contains("cuda:0"))
    }
}
