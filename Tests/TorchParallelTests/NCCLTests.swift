import EVATestSupport
import Testing

/// Ranks that talk through an NCCL of the tests' own, on GPUs that the CPU plays.
@Suite(.serialized) struct NCCLTests {
    private func run(
        _ ranks: Int, _ words: [String], _ settings: [String: String] = [:]
    ) throws -> MPIRun {
        var environment = [
            "DEVICE": "cuda", "LD_LIBRARY_PATH": try FakeGPULibraries.path(),
        ]
        environment.merge(settings) { $1 }
        return try MPIRun(ranks, words, environment: environment)
    }

    @Test("Ranks with GPUs do all collectives through NCCL", arguments: [2, 3])
    func collectives(size: Int) throws {
        let run = try run(size, ["collectives"])
        #expect(run.code == 0, "\(run)")
        for rank in 0..<size {
            #expect(
                run.output.contains("rank \(rank) groups [\(size), \(size), 1, 1] passed"),
                "\(run)")
        }
    }

    @Test("A rank whose GPU is not given what the others' are is named, with what it is at")
    func late() throws {
        let run = try run(3, ["late", "1.5"])
        #expect(run.code != 0, "\(run)")
        #expect(
            run.errors.contains("error: waited 1.5 s in backward for the sum of float32[1] cuda:0"),
            "\(run)")
        #expect(run.errors.contains("did not come: rank 2 (process "), "\(run)")
        #expect(run.errors.contains("), in daydreaming"), "\(run)")
        #expect(run.seconds < 20, "\(run)")
    }

    @Test("A message that is not sent ends the wait on the GPU, with its sender named")
    func silent() throws {
        let run = try run(2, ["silent", "1.5"])
        #expect(run.code != 0, "\(run)")
        #expect(
            run.errors.contains("the arrival of float32[1] cuda:0 from 0 of the group 'world'"),
            "\(run)")
        #expect(run.errors.contains("did not come: rank 0 (process "), "\(run)")
    }

    @Test("What NCCL complains of is said in its words", arguments: ["Send", "CommInitRankConfig"])
    func failure(function: String) throws {
        let run = try run(2, ["collectives"], ["FAKE_NCCL_FAIL": "nccl\(function)"])
        #expect(run.code != 0, "\(run)")
        #expect(
            run.errors.contains(
                "error: ranks: nccl\(function) failed: unhandled system error: a cable is out"),
            "\(run)")
        #expect(run.seconds < 20, "\(run)")
    }

    @Test("An NCCL that is too old is refused before anything is computed")
    func old() throws {
        let run = try run(2, ["collectives"], ["FAKE_NCCL_VERSION": "21304"])
        #expect(run.code != 0, "\(run)")
        #expect(
            run.errors.contains(
                "several ranks with GPUs need NCCL: libnccl.so.2 is of version 21304"),
            "\(run)")
    }

    @Test("The loss's features go round the GPUs as they do round the hosts")
    func ring() throws {
        let words = ["loss", "60", "softmax", "ring", "64", "32", "1000"]
        let gpus = try run(2, words)
        let hosts = try MPIRun(2, words)
        #expect(gpus.code == 0 && hosts.code == 0, "\(gpus), \(hosts)")
        func numbers(_ run: MPIRun) -> [Double] {
            run.output.split(separator: " ").dropFirst(2).prefix(2).compactMap { Double($0) }
        }
        let (actual, expected) = (numbers(gpus), numbers(hosts))
        try #require(actual.count == 2 && expected.count == 2)
        for (a, b) in zip(actual, expected) {
            #expect(abs(a / b - 1) < Double(Tolerance.rearranged), "\(actual), \(expected)")
        }
    }
}
