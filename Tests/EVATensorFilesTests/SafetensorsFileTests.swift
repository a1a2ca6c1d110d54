import Testing

@testable import EVATensorFiles

@Suite("SafetensorsFile")
struct SafetensorsFileTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    /// A file of a header and so many bytes of data.
    private func write(_ header: String, data: Int = 0, length: UInt64? = nil) throws -> String {
        let length = length ?? UInt64(header.utf8.count)
        let prefix = withUnsafeBytes(of: length.littleEndian) { Array($0) }
        return try folder.write(
            prefix + Array(header.utf8) + [UInt8](repeating: 7, count: data), as: "x.safetensors")
    }

    private func error(_ header: String, data: Int = 0) throws -> TensorFileError {
        let path = try write(header, data: data)
        return try tensorFileError { _ = try SafetensorsFile(path: path) }
    }

    @Test("A file written by Python's library is read with names, types, shapes and metadata")
    func readsPython() throws {
        let file = try SafetensorsFile(path: fixture("python.safetensors"))
        #expect(file.metadata == ["format": "pt", "umlaut": "\u{e4}\n\"\u{1F600}"])
        #expect(Set(file.names) == ["half", "brain", "matrix", "scalar", "empty", "ids", "mask"])
        #expect(
            try file.tensor(named: "matrix").values() == [Float](arrayLiteral: 1, 2, 3, 4, 5, 6))
        #expect(file["matrix"]?.shape == [2, 3])
        #expect(try file["half"]?.floats() == [0.5, -2, 65504])
        #expect(try file["brain"]?.floats() == [0.5, -2, 3.140625])
        #expect(file["scalar"]?.shape == [])
        #expect(try file["scalar"]?.floats() == [2.5])
        #expect(file["empty"]?.shape == [0, 4])
        #expect(try file["empty"]?.floats() == [])
        #expect(try file["ids"]?.values() == [Int64](arrayLiteral: -1, 1 << 40))
        #expect(file["mask"]?.elementType == .bool)
        #expect(file["other"] == nil)
    }

    @Test("Asking for a tensor that is not there names it")
    func noSuchTensor() throws {
        let file = try SafetensorsFile(path: fixture("python.safetensors"))
        let error = try tensorFileError { _ = try file.tensor(named: "other") }
        #expect(error.code == .noSuchTensor)
        #expect(error.tensor == "other")
    }

    @Test("A tensor outlives the file object it came from")
    func keepsMapping() throws {
        let tensor = try SafetensorsFile(path: fixture("python.safetensors")).tensor(
            named: "matrix")
        #expect(try tensor.floats() == [1, 2, 3, 4, 5, 6])
    }

    @Test("A missing file, a folder and an empty file are named as what they are")
    func notAFile() throws {
        var error = try tensorFileError { _ = try SafetensorsFile(path: folder.file("none")) }
        #expect(error.code == .notFound)
        #expect(error.description == "\(folder.path)/none: no such file")
        error = try tensorFileError { _ = try SafetensorsFile(path: folder.path) }
        #expect(error.code == .notAFile)
        #expect(error.description.contains("is a folder"))
        let empty = try folder.write([], as: "empty")
        error = try tensorFileError { _ = try SafetensorsFile(path: empty) }
        #expect(error.code == .truncated)
    }

    @Test("A forged header length is refused", arguments: [200, 1 << 63, UInt64.max])
    func forgedLength(_ length: UInt64) throws {
        let path = try write("{}", length: length)
        let error = try tensorFileError { _ = try SafetensorsFile(path: path) }
        #expect(error.code == .truncated)
        #expect(error.offset == 0)
        #expect(error.message.contains("\(length) bytes"))
    }

    @Test("Every truncation of a file is refused")
    func truncations() throws {
        let whole = try bytes(of: fixture("python.safetensors"))
        for count in 0..<whole.count {
            let path = try folder.write(Array(whole[..<count]), as: "cut")
            _ = try tensorFileError { _ = try SafetensorsFile(path: path) }
        }
    }

    @Test(
        "A header that is no JSON object is refused at its byte",
        arguments: [
            ("not json", 8), ("[]", 8), ("{\"a\"}", 12), ("{} x", 11), ("{\"a\":1}", 13), ("{", 9),
            ("{\"\u{1}\":{}}", 10), ("{\"a\":{},}", 13), ("", 8),
        ])
    func notJSON(_ header: String, offset: Int) throws {
        let error = try error(header)
        #expect(error.code == .malformed)
        if header != "{\"a\":{},}" { #expect(error.offset == offset) }
    }

    @Test("A misspelt dtype is refused with the list of names")
    func misspeltType() throws {
        let error = try error(
            #"{"w":{"dtype":"FP32","shape":[1],"data_offsets":[0,4]}}"#, data: 4)
        #expect(error.code == .unsupported)
        #expect(error.tensor == "w")
        #expect(error.message.contains("'FP32'"))
        #expect(error.message.contains("BF16"))
    }

    @Test(
        "Contradictions between dtype, shape, offsets and data are refused with the tensor's name",
        arguments: [
            (#"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, "beyond the end"),
            (#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, "takes 4"),
            (#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "a begin and an end"),
            (#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "a begin and an end"),
            (#"{"w":{"dtype":"F32","data_offsets":[0,8]}}"#, "missing"),
            (
                #"{"w":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#,
                "more than 2^63"
            ),
            (
                #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
                    + #""v":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
                "overlaps"
            ),
            (
                #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "hole of 4 bytes"
            ),
            (#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "belong to none"),
        ])
    func contradictions(_ header: String, message: String) throws {
        let error = try error(header, data: 8)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.tensor != nil || message == "belong to none")
    }

    @Test(
        "Keys that occur twice or are unknown, and numbers that are no counts, are refused",
        arguments: [
            (
                #"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
                    + #""w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
                "'w' occurs twice"
            ),
            (#"{"w":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, "twice"),
            (#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, "unknown key 'x'"),
            (#"{"__metadata__":{"a":"1","a":"2"}}"#, "'a' occurs twice"),
            (#"{"__metadata__":{"a":1}}"#, "expected '\"'"),
            (
                #"{"w":{"dtype":"U8","shape":["# + String(repeating: "1,", count: 64)
                    + #"1],"data_offsets":[0,1]}}"#, "64 dimensions"
            ),
            (#"{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, "not negative"),
            (#"{"w":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#, "fraction"),
            (#"{"w":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#, "leading zeros"),
            (
                #"{"w":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,1]}}"#,
                "beyond 64 bits"
            ),
            (#"{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, "half a character"),
        ])
    func strictHeader(_ header: String, message: String) throws {
        let error = try error(header, data: 1)
        #expect(error.code == .malformed)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.offset != nil)
    }
}
