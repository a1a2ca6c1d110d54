import Testing

@testable import Torch

@Suite struct RandomSourceTests {
    private func draw(_ source: RandomSource) -> [Float] {
        let tensor = Tensor.empty([16], dtype: .float32, device: .cpu)
        tensor.fillNormal(standardDeviation: 1, from: source)
        return tensor.floats()
    }

    @Test("A stream is a function of seed and path")
    func streams() {
        let source = RandomSource(seed: 7)
        #expect(
            draw(source.stream("a").stream(3)) == draw(RandomSource(seed: 7).stream("a").stream(3)))
        var seen: [[Float]] = []
        for other in [
            source.stream("a"), source.stream("b"), source.stream(0), source.stream(1),
            source.stream("a").stream(1), RandomSource(seed: 8).stream("a"),
        ] {
            let values = draw(other)
            #expect(!seen.contains(values))
            seen.append(values)
        }
    }

    @Test("Drawing from a stream leaves its siblings alone")
    func independence() {
        let source = RandomSource(seed: 1)
        let before = draw(source.stream("x"))
        _ = draw(source)
        #expect(draw(source.stream("x")) == before)
    }
}
