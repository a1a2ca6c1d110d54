import EVATestSupport
import Testing

/// The loss of ranks that are processes.
@Suite(.serialized) struct RingLossTests {
    /// What the ranks of a run say.
    private struct Outcome {
        let loss: Double
        let gradientNorm: Double
        /// The most bytes that a rank's tensors took at once.
        let peakBytes: Double

        init(_ ranks: Int, _ words: String) throws {
            let run = try MPIRun(
                ranks, ["loss", "60"] + words.split(separator: " ").map(String.init))
            #expect(run.code == 0, "\(run)")
            let lines = run.output.split(separator: "\n").map {
                $0.split(separator: " ").dropFirst(2).compactMap { Double($0) }
            }
            try #require(lines.count == ranks && lines.allSatisfy { $0.count == 5 }, "\(run)")
            loss = lines[0][0]
            gradientNorm = lines[0][1]
            peakBytes = lines.map { $0[2] }.max() ?? 0
        }
    }

    @Test(
        "Over Open MPI the ring gives what gathered features give",
        arguments: zip(["softmax", "sigmoid"], [4, 2]))
    func equality(kind: String, ranks: Int) throws {
        let words = "\(1024 / ranks) 64 30000"
        let ring = try Outcome(ranks, "\(kind) ring \(words)")
        let all = try Outcome(ranks, "\(kind) all \(words)")
        #expect(abs(ring.loss / all.loss - 1) < Double(Tolerance.rearranged))
        #expect(abs(ring.gradientNorm / all.gradientNorm - 1) < Double(Tolerance.rearranged))
    }

    @Test("A rank's memory does not grow with the number of ranks where features go round")
    func memory() throws {
        let words = "512 512 32768"
        let ring = try [3, 5].map { try Outcome($0, "softmax ring \(words)").peakBytes }
        #expect(ring[1] / ring[0] < 1.05, "\(ring)")
        // The same reading sees that of gathered features grow.
        let all = try [3, 5].map { try Outcome($0, "softmax all \(words)").peakBytes }
        #expect(all[1] / all[0] > 1.3, "\(all)")
    }
}
