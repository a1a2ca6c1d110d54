import Testing

@testable import EVATensorFiles

@Suite("Paddle files")
struct PaddleFileTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    @Test("Pickle protocols 2, 3 and 4 give the same layer", arguments: [2, 3, 4])
    func protocols(_ version: Int) throws {
        let file = try PaddleFile(path: fixture("paddle-\(version).pdparams"))
        #expect(file.names == ["weight", "bias"])
        #expect(file.entries[0].shape == [3, 2])
        #expect(try file.tensor(named: "weight").floats() == [0, 1, 2, 3, 4, 5])
        #expect(try file.tensor(named: "bias").floats() == [200.5, -1])
        #expect(file.parameterNames == ["weight": "linear_0.w_0", "bias": "linear_0.b_0"])
    }

    @Test("Every element type, nesting and plain numbers are read; uint16 is bfloat16")
    func types() throws {
        let file = try PaddleFile(path: fixture("paddle-types.pdparams"))
        #expect(
            file.entries.map(\.elementType)
                == [.float32, .bfloat16, .float16, .int64, .bool, .float32, .float32])
        #expect(try file.tensor(named: "brain").floats() == [0.5, -2, 3.140625])
        #expect(try file.tensor(named: "half").floats() == [0.5, -2, 65504])
        #expect(try file.tensor(named: "ids").values() == [Int64](arrayLiteral: -1, 1 << 40))
        #expect(file.entries[5] == TensorEntry(name: "scalar", elementType: .float32, shape: []))
        #expect(file.names.last == "list.0")
        #expect(file.numbers == ["step": 7, "list.1.rate": 0.25])
    }

    @Test("Files of Paddle 2.6: nested dictionaries, a list, a lone tensor")
    func olderPaddle() throws {
        let nested = try PaddleFile(path: fixture("paddle26-nested.pdparams"))
        #expect(
            nested.names
                == ["model.logit_scale", "model.visual.cls_token", "model.visual.pos_embed"])
        #expect(nested.entries[2].shape == [1, 17, 64])
        #expect(try nested.tensor(named: "model.logit_scale").floats() == [2.3000000])
        let list = try PaddleFile(path: fixture("paddle26-list.pdparams"))
        #expect(list.entries.map(\.shape) == [[64, 48], [48]])
        #expect(list.names == ["0", "1"])
        let lone = try PaddleFile(path: fixture("paddle26-tensor.pdparams"))
        #expect(lone.names == ["linear_151.w_0"])
        #expect(
            try lone.tensor(named: "linear_151.w_0").floats() == list.tensor(named: "0").floats())
    }

    @Test("Optimizer files give moments under parameter names, and the schedule's numbers")
    func optimizer() throws {
        let file = try PaddleFile(path: fixture("paddle.pdopt"))
        #expect(file.names.contains("linear_0.w_0_moment1_0"))
        #expect(try file.tensor(named: "linear_0.b_0_beta1_pow_acc_0").floats() == [0.9 * 0.9])
        #expect(file.numbers["LR_Scheduler.last_epoch"] == 1)
        #expect(file.numbers["LR_Scheduler.last_lr"] == 0.125)
    }

    @Test("Tensors that were cut into slices are whole again and stand where they stood")
    func slices() throws {
        let file = try PaddleFile(path: fixture("paddle-slices.pdparams"))
        #expect(file.names == ["before", "big", "after"])
        #expect(file.entries[1].shape == [2, 5])
        #expect(try file.tensor(named: "big").floats() == (0..<10).map { Float($0) })
    }

    @Test("NumPy's own pickles: column order, bytes as text, scalars", arguments: [2, 5])
    func numPyPickles(_ version: Int) throws {
        let file = try PaddleFile(path: fixture("numpy-\(version).pdparams"))
        #expect(try file.tensor(named: "column").floats() == [126, 127, 128, 129, 130, 131])
        #expect(try file.tensor(named: "row").values() == [Int32](0..<6))
        #expect(try file.tensor(named: "scalar").floats() == [2.5])
        #expect(try file.tensor(named: "bytes").values() == [UInt8](0...255))
    }

    @Test("Arrays of Python objects are refused")
    func objects() throws {
        let error = try tensorFileError { _ = try PaddleFile(path: fixture("objects.pdparams")) }
        #expect(error.code == .unsupported)
        #expect(error.message.contains("'O8'"))
    }

    @Test("Every truncation of a file is refused")
    func truncations() throws {
        for name in ["paddle-2.pdparams", "paddle-4.pdparams", "paddle.pdopt"] {
            let whole = try bytes(of: fixture(name))
            for count in 0..<whole.count {
                let path = try folder.write(Array(whole[..<count]), as: "cut")
                _ = try tensorFileError { _ = try PaddleFile(path: path) }
            }
        }
    }

    @Test("What is written is read back equal, parameter names included")
    func roundTrip() throws {
        let original = try TensorFile.open(path: fixture("torch-root.pt"))
        let names = ["matrix": "linear_0.w_0", "half": "linear_0.b_0", "other": "x"]
        try PaddleWriter.write(
            original.entries, parameterNames: names, to: folder.file("a.pdparams")
        ) {
            try original.tensor(named: original.entries[$0].name)
        }
        let copy = try PaddleFile(path: folder.file("a.pdparams"))
        #expect(copy.entries == original.entries)
        #expect(try difference(copy, original) == nil)
        #expect(copy.parameterNames == ["matrix": "linear_0.w_0", "half": "linear_0.b_0"])
    }

    @Test("Paddle's own files come out of the writer as the same tensors")
    func rewrite() throws {
        let original = try PaddleFile(path: fixture("paddle-types.pdparams"))
        try PaddleWriter.write(original.entries, to: folder.file("a.pdparams")) {
            try original.tensor(named: original.entries[$0].name)
        }
        #expect(try difference(PaddleFile(path: folder.file("a.pdparams")), original) == nil)
    }

    @Test("True uint16 numbers are refused, since Paddle would take them for bfloat16")
    func unsupportedType() throws {
        let entry = TensorEntry(name: "w", elementType: .uint16, shape: [1])
        let error = try tensorFileError {
            try PaddleWriter.write([entry], to: folder.file("a")) { _ in
                HostTensor([1] as [UInt16], shape: [1])
            }
        }
        #expect(error.code == .unsupported)
        #expect(try folder.names == [])
    }
}
