import EVATestSupport
import Testing
import Torch
import TorchParallel

/// One set of checks for every kind of group.
@Suite(.serialized) struct ProcessGroupTests {
    @Test("A group of one rank does all collectives")
    func single() throws {
        try CollectiveCheck(SingleProcessGroup()).run()
    }

    @Test("Ranks that are threads do all collectives", arguments: [1, 2, 3, 4])
    func threads(size: Int) throws {
        _ = try ThreadedProcessGroup.run(size: size) { try CollectiveCheck($0).run() }
    }

    @Test("Ranks that are processes do all collectives through Open MPI", arguments: [2, 3, 4])
    func processes(size: Int) throws {
        let run = try MPIRun(size, ["collectives"])
        #expect(run.code == 0, "\(run)")
        for rank in 0..<size {
            #expect(
                run.output.contains("rank \(rank) groups [\(size), \(size), 1, 1] passed"),
                "\(run)")
        }
    }

    @Test("The ranks of a mesh have groups along its axes")
    func mesh() throws {
        let run = try MPIRun(4, ["collectives"], environment: ["TENSOR_DEGREE": "2"])
        #expect(run.code == 0, "\(run)")
        for rank in 0..<4 {
            #expect(run.output.contains("rank \(rank) groups [2, 2, 1, 2] passed"), "\(run)")
        }
    }

    @Test("A rank that does not come is named, with what it is at")
    func late() throws {
        let run = try MPIRun(3, ["late", "1.5"])
        #expect(run.code != 0, "\(run)")
        #expect(
            run.errors.contains("error: waited 1.5 s in backward for the sum of float32[1] cpu"),
            "\(run)")
        #expect(run.errors.contains("did not come: rank 2 (process "), "\(run)")
        #expect(run.errors.contains("), in daydreaming"), "\(run)")
        #expect(!run.errors.contains("rank 0 (") && !run.errors.contains("rank 1 ("), "\(run)")
        #expect(run.seconds < 20, "\(run)")
    }

    @Test("A rank that is stopped is named as stopped, and does not keep the others")
    func stopped() throws {
        let run = try MPIRun(2, ["stopped", "1.5"])
        #expect(run.code != 0, "\(run)")
        #expect(run.errors.contains("did not come: rank 0 (process "), "\(run)")
        #expect(run.errors.contains(", stopped), in forward"), "\(run)")
        #expect(run.seconds < 20, "\(run)")
    }

    @Test("A message that is not sent ends the wait for it, with its sender named")
    func silent() throws {
        let run = try MPIRun(2, ["silent", "1.5"])
        #expect(run.code != 0, "\(run)")
        #expect(
            run.errors.contains("the arrival of float32[1] cpu from 0 of the group 'world'"),
            "\(run)")
        #expect(run.errors.contains("did not come: rank 0 (process "), "\(run)")
    }

    @Test("A rank that dies ends all")
    func dying() throws {
        let run = try MPIRun(3, ["dying", "20"])
        #expect(run.code != 0, "\(run)")
        #expect(run.seconds < 15, "\(run)")
    }
}
