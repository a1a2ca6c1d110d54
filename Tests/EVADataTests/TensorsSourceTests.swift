import EVAData
import EVATensorFiles
import Glibc
import Testing

@Suite("Ready tensors")
struct TensorsSourceTests {
    private func open(_ tensors: [(String, HostTensor)]) throws -> TensorsSource {
        let folder = try TemporaryFolder()
        let path = folder.path + "/t.safetensors"
        try SafetensorsWriter.write(tensors, to: path)
        return try TensorsSource(path: path, imageSize: 2, contextLength: 5, vocabularySize: 10)
    }

    private func image(_ shape: [Int] = [2, 3, 2, 2]) -> (String, HostTensor) {
        let values = (0..<shape.reduce(1, *)).map { Float($0) }
        return ("image", HostTensor(values, shape: shape))
    }

    private func ids(_ values: [Int64] = [1, 9, 0, 1, 2, 9]) -> (String, HostTensor) {
        ("input_ids", HostTensor(values, shape: [2, 3]))
    }

    @Test("Rows come in file order, bit by bit")
    func rows() throws {
        let source = try open([image(), ids()])
        let sample = try source.sample(at: 1)
        guard case .floats(let floats) = sample.picture, case .tokens(let tokens)? = sample.text
        else {
            Issue.record("got \(sample)")
            return
        }
        #expect(floats == (12..<24).map { Float($0) })
        #expect(tokens == [1, 2, 9])
    }

    @Test("A file that is shortened while it is in use is an error, not the end of the program")
    func shortened() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/t.safetensors"
        try SafetensorsWriter.write([image(), ids()], to: path)
        let source = try TensorsSource(
            path: path, imageSize: 2, contextLength: 5, vocabularySize: 10)
        truncate(path, 8)
        #expect(
            errorText { try source.sample(at: 1) }?.contains("has become shorter than the") == true)
    }

    @Test("The loader cuts ready texts after the token that the model pools at")
    func cutting() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/t.safetensors"
        let ids: [Int64] = [1, 9, 9, 0, 0, 1, 2, 9, 0, 0]
        try SafetensorsWriter.write(
            [image(), ("input_ids", HostTensor(ids, shape: [2, 5]))], to: path)
        let source = try TensorsSource(
            path: path, imageSize: 2, contextLength: 5, vocabularySize: 10)
        let loader = try BatchLoader(
            source: source,
            schedule: BatchSchedule(
                source: source, batchSize: 2, shuffled: false, coverage: .fullBatches),
            preparation: preparation(imageSize: 2), readerThreads: 0,
            badRecords: .replace(.standard), badSamples: BadSampleLog())
        let batch = try #require(try loader.next())
        #expect(batch.tokens == [1, 9, 0, 1, 2, 9])
        #expect(batch.images.values == (0..<24).map { Float($0) })
    }

    @Test("Tensors that the model cannot take are refused by name and shape")
    func refused() {
        #expect(errorText { try open([image()]) }?.contains("no tensor 'input_ids'") == true)
        #expect(
            errorText { try open([image([2, 3, 3, 3]), ids()]) }?.contains(
                "expected float32 [N, 3, 2, 2], got float32 [2, 3, 3, 3]") == true)
        #expect(
            errorText { try open([image([3, 3, 2, 2]), ids()]) }?.contains(
                "expected int64 [3, L] with L at most 5, got int64 [2, 3]") == true)
        #expect(
            errorText { try open([image(), ids([0, 0, 0, 0, 10, 0])]) }?.contains(
                "row 1, column 1: token 10 is not in 0 ..< 10") == true)
        #expect(errorText { try open([image(), ids([0, -1, 0, 0, 0, 0])]) } != nil)
    }
}
