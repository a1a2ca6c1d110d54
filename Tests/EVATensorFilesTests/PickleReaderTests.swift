import Testing

@testable import EVATensorFiles

@Suite("PickleReader")
struct PickleReaderTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private func error(_ body: [UInt8]) throws -> TensorFileError {
        let path = try folder.write([0x80, 4] + body, as: "x.pdparams")
        return try tensorFileError { _ = try PaddleFile(path: path) }
    }

    private static func text(_ text: String) -> [UInt8] {
        [0x8C, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    @Test(
        "Code is refused by name in both spellings of an import",
        arguments: [
            Array("cos\nsystem\n(S'x'\ntR.".utf8),
            text("os") + text("system") + [0x93] + text("x") + [0x85, 0x52, 0x2E],
        ])
    func code(_ body: [UInt8]) throws {
        let error = try error(body)
        #expect(error.code == .refused)
        #expect(error.message.contains("'os.system'"))
        #expect(error.offset != nil)
    }

    @Test(
        "Functions near the known ones are refused too",
        arguments: [
            ("builtins", "eval"), ("builtins", "getattr"), ("torch", "load"), ("numpy", "load"),
            ("torch.jit._pickle", "restore_type_tag"), ("numpy.core.multiarray", "fromfile"),
        ])
    func neighbours(_ module: String, _ name: String) throws {
        #expect(try error(Array("c\(module)\n\(name)\n.".utf8)).code == .refused)
    }

    @Test("A forged name is shown on one line")
    func forgedName() throws {
        let name = "a\u{1B}[2J" + String(repeating: "b", count: 240)
        let description = try error(
            Self.text("m\nn") + [0x8C, UInt8(name.utf8.count)] + Array(name.utf8) + [0x93]
        ).description
        #expect(!description.contains("\n"))
        #expect(!description.contains("\u{1B}"))
        #expect(description.count < 500)
    }

    @Test(
        "Announced lengths beyond the file are refused without being believed",
        arguments: [
            [0x8D] + [UInt8](repeating: 0xFF, count: 8),
            [0x8E, 0, 0, 0, 0, 0, 0, 0, 0x80],
            [0x96] + [UInt8](repeating: 0x7F, count: 8),
            [0x42, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x95] + [UInt8](repeating: 0xFF, count: 8),
            [0x8A, 9],
        ] as [[UInt8]])
    func forgedLengths(_ body: [UInt8]) throws {
        #expect([.truncated, .unsupported].contains(try error(body + [0x4E, 0x2E]).code))
    }

    @Test(
        "Broken use of the stack is refused",
        arguments: [
            "0.", "t.", "1.", "R.", "b.", "u.", "Nb.", "(Nu.", "h\u{5}.", ".", "NNs.", "Q.", "N",
        ])
    func stack(_ body: String) throws {
        _ = try error(Array(body.utf8))
    }

    @Test("Values that unfold without end are refused, and quickly")
    func unfolding() throws {
        // A dictionary that holds itself.
        var error = try error([0x7D, 0x94] + Self.text("a") + [0x68, 0, 0x73, 0x2E])
        #expect(error.message.contains("nested without reason"))
        // Thirty lists, each holding the one before it twice.
        var body: [UInt8] = [0x5D, 0x94]
        for index in 0..<30 {
            body += [0x5D, 0x94, 0x28, 0x68, UInt8(index), 0x68, UInt8(index), 0x65]
        }
        error = try self.error(body + [0x2E])
        #expect(error.message.contains("nested without reason"))
        // Tuples nested a hundred thousand deep neither overflow a stack nor pass.
        _ = try self.error([0x29] + [UInt8](repeating: 0x85, count: 100_000) + [0x2E])
    }

    @Test("More values than a file of weights can hold are refused")
    func tooManyValues() throws {
        for opcode: UInt8 in [0x4E, 0x28, 0x5D, 0x7D, 0x29] {
            _ = try error([UInt8](repeating: opcode, count: 200_000) + [0x2E])
        }
    }

    @Test("Lists that hold one value millions of times are refused")
    func repeatedValue() throws {
        let pages =
            [UInt8](repeating: 0x28, count: 1) + (0..<1000).flatMap { _ in [0x68, 0] as [UInt8] }
        var body: [UInt8] = [0x5D, 0x94]
        for _ in 0..<1000 { body += pages + [0x65] }
        #expect(try error(body + [0x2E]).message.contains("no file of weights"))
    }

    @Test("Slices that multiply a small array beyond the file's size are refused")
    func multipliedSlices() throws {
        // 'a' and 'b' are one array of 12 kB, recalled from the memo; together they would pass the file's size.
        let original = try bytes(of: fixture("paddle26-tensor.pdparams"))
        let array = original[11..<(original.count - 1)]
        var body: [UInt8] = [0x7D] + Self.text("a") + array + [0x72, 0xE8, 3, 0, 0, 0x73]
        body += Self.text("b") + [0x6A, 0xE8, 3, 0, 0, 0x73]
        body += Self.text("UnpackBigParamInfor@@") + [0x7D] + Self.text("w") + [0x7D]
        body += Self.text("OriginShape") + [0x4B, 128, 0x4B, 48, 0x86, 0x73]
        body += Self.text("slices") + [0x5D, 0x28] + Self.text("a") + Self.text("b")
        body += [0x65, 0x73, 0x73, 0x73, 0x2E]
        let error = try error(body)
        #expect(error.tensor == "w")
        #expect(error.message.contains("slices"))
    }

    @Test("An array whose bytes, text or shape contradict each other is refused")
    func arrays() throws {
        let valid = try bytes(of: fixture("paddle-2.pdparams"))
        let path = try folder.write(valid, as: "valid")
        #expect(try PaddleFile(path: path).names == ["weight", "bias"])
        // The shape (3, 2) of the weight becomes (3, 3).
        let shape: [UInt8] = [0x4B, 3, 0x4B, 2, 0x86]
        let position = try #require(
            valid.indices.first { valid[$0...].starts(with: shape) })
        var changed = valid
        changed[position + 3] = 99
        let other = try folder.write(changed, as: "changed")
        let error = try tensorFileError { _ = try PaddleFile(path: other) }
        #expect(error.code == .malformed)
        #expect(error.message.contains("takes 1188 bytes"))
        // A text of the right length that is not one byte a character.
        changed = valid
        let text = try #require(
            valid.indices.first { valid[$0...].starts(with: [0xC2, 0x80, 0x3F]) })
        changed[text] = 0xC4
        let bad = try PaddleFile(path: folder.write(changed, as: "text"))
        #expect(try tensorFileError { _ = try bad.tensor(named: "weight") }.tensor == "weight")
    }
}
