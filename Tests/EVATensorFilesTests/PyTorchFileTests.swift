import Testing

@testable import EVATensorFiles

@Suite("PyTorch files")
struct PyTorchFileTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    @Test(
        "The state dictionary is found at the root and under its usual names, views as PyTorch sees them",
        arguments: ["torch-root.pt", "torch-model.pt", "torch-module.pt", "torch-state_dict.pt"])
    func stateDictionary(_ name: String) throws {
        let file = try TensorFile.open(path: fixture(name))
        let expected = try SafetensorsFile(path: fixture("torch.safetensors"))
        #expect(file.names.prefix(3) == ["logit_scale", "matrix", "transposed"])
        #expect(try difference(file, expected) == nil)
        #expect(try file.tensor(named: "transposed").floats().prefix(4) == [0, 4, 8, 1])
        #expect(try file.tensor(named: "window").floats() == [5, 6, 9, 10])
    }

    @Test("A module's dictionary and bare parameters are read alike")
    func parameters() throws {
        for name in ["torch-linear.pt", "torch-parameters.pt"] {
            let file = try TensorFile.open(path: fixture(name))
            #expect(file.names == ["weight", "bias"])
            #expect(try file.tensor(named: "weight").floats() == [0, 1, 2, 3, 4, 5])
            #expect(file.entries[0].shape == [2, 3])
        }
    }

    @Test("A pickle that asks for a shell command is refused by the command's name")
    func refusesCode() throws {
        let error = try tensorFileError { _ = try TensorFile.open(path: fixture("torch-evil.pt")) }
        #expect(error.code == .refused)
        #expect(error.message.contains("'posix.system'"))
        #expect(error.message.contains("nothing was run"))
    }

    @Test("A file from before PyTorch 1.6 is refused with the way to convert it")
    func legacy() throws {
        let error = try tensorFileError {
            _ = try TensorFile.open(path: fixture("torch-legacy.pt"))
        }
        #expect(error.code == .unsupported)
        #expect(error.message.contains("torch.save(torch.load("))
    }

    @Test("Every truncation of an archive is refused")
    func truncations() throws {
        let whole = try bytes(of: fixture("torch-linear.pt"))
        for count in 0..<whole.count {
            let path = try folder.write(Array(whole[..<count]), as: "cut")
            _ = try tensorFileError { _ = try TensorFile.open(path: path) }
        }
    }

    @Test("What is written is read back equal, with aligned elements and the same bytes each time")
    func roundTrip() throws {
        let original = try TensorFile.open(path: fixture("torch-root.pt"))
        for name in ["a.pt", "b.pt"] {
            try PyTorchWriter.write(original.entries, to: folder.file(name)) {
                try original.tensor(named: original.entries[$0].name)
            }
        }
        let copy = try TensorFile.open(path: folder.file("a.pt"))
        #expect(copy.entries == original.entries)
        #expect(try difference(copy, original) == nil)
        #expect(try bytes(of: folder.file("a.pt")) == bytes(of: folder.file("b.pt")))
        for name in copy.names where name != "empty" {
            let address = try copy.tensor(named: name).withUnsafeBytes {
                Int(bitPattern: $0.baseAddress)
            }
            #expect(address.isMultiple(of: 64))
        }
    }

    @Test("An element type without a storage in PyTorch is refused, and nothing is written")
    func unsupportedType() throws {
        let tensor = HostTensor([1] as [UInt32], shape: [1])
        let entry = TensorEntry(name: "w", elementType: .uint32, shape: [1])
        let error = try tensorFileError {
            try PyTorchWriter.write([entry], to: folder.file("a.pt")) { _ in tensor }
        }
        #expect(error.code == .unsupported)
        #expect(error.tensor == "w")
        #expect(try folder.names == [])
    }
}
