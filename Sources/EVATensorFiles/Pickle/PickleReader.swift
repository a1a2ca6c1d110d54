/// Interprets a Python pickle of protocol 2 to 5 as data (formats of PyTorch and PaddlePaddle).
///
/// Opcodes as in CPython's `pickletools.py`. The number of values is bounded by the file's size, text
/// and bytes are not copied, and only the constructors of `PickleConstructor` are known.
struct PickleReader {
    private typealias Reference = PickleGraph.Reference

    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private let end: Int
    private let valueLimit: Int
    // Containers may hold one value many times.
    private var containedCount = 0
    private var position: Int
    private var opcodePosition: Int
    private var graph: PickleGraph
    private var stack: [Reference] = []
    private var marks: [Int] = []
    private var memo: [Int: Reference] = [:]

    /// Reads the pickle that fills a range of a mapped file.
    static func read(_ file: MappedFile, range: Range<Int>) throws(TensorFileError) -> PickleGraph {
        try file.withUnsafeBytes { bytes throws(TensorFileError) in
            var reader = PickleReader(bytes: bytes, file: file, range: range)
            return try reader.run()
        }
    }

    private init(bytes: UnsafeRawBufferPointer, file: MappedFile, range: Range<Int>) {
        self.bytes = bytes
        path = file.path
        position = range.lowerBound
        opcodePosition = position
        end = range.upperBound
        // A file of weights has some fifteen values a tensor.
        valueLimit = 65_536 + bytes.count / 16
        graph = PickleGraph(file: file)
    }

    private mutating func run() throws(TensorFileError) -> PickleGraph {
        guard end - position >= 2, bytes[position] == 0x80, (2...5).contains(bytes[position + 1])
        else {
            throw fault(.unsupported, "no pickle of protocol 2 to 5 begins here")
        }
        while true {
            opcodePosition = position
            let opcode = try take(1)
            if bytes[opcode.lowerBound] == UInt8(ascii: ".") { break }
            try execute(bytes[opcode.lowerBound])
        }
        graph.root = try pop()
        return graph
    }

    private mutating func execute(_ opcode: UInt8) throws(TensorFileError) {
        switch opcode {
        case 0x80: _ = try take(1)  // PROTO
        case 0x95: try skipFrame()
        case UInt8(ascii: "("): try mark()
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "1"): _ = try popMark()
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "J"): try push(.int(Int(try number(Int32.self))))
        case UInt8(ascii: "K"): try push(.int(Int(try number(UInt8.self))))
        case UInt8(ascii: "M"): try push(.int(Int(try number(UInt16.self))))
        case 0x8A: try push(.int(try long(Int(try number(UInt8.self)))))
        case UInt8(ascii: "G"): try push(.double(try bigEndianDouble()))
        case 0x8C, UInt8(ascii: "U"): try push(.text(try take(try number(UInt8.self))))
        case UInt8(ascii: "X"), UInt8(ascii: "T"):
            try push(.text(try take(try number(UInt32.self))))
        case 0x8D: try push(.text(try take(try number(UInt64.self))))
        case UInt8(ascii: "C"): try push(.bytes(try take(try number(UInt8.self))))
        case UInt8(ascii: "B"): try push(.bytes(try take(try number(UInt32.self))))
        case 0x8E, 0x96: try push(.bytes(try take(try number(UInt64.self))))
        case UInt8(ascii: ")"): try pushTuple([])
        case 0x85: try pushTuple(try pop(1))
        case 0x86: try pushTuple(try pop(2))
        case 0x87: try pushTuple(try pop(3))
        case UInt8(ascii: "t"): try pushTuple(try popMark())
        case UInt8(ascii: "]"):
            graph.sequences.append([])
            try push(.list(graph.sequences.count - 1))
        case UInt8(ascii: "a"): try append(try pop(1))
        case UInt8(ascii: "e"): try append(try popMark())
        case UInt8(ascii: "}"): try pushDictionary()
        case UInt8(ascii: "s"): try setItems(try pop(2))
        case UInt8(ascii: "u"): try setItems(try popMark())
        case UInt8(ascii: "c"): try pushConstructor(module: try line(), name: try line())
        case 0x93: try stackConstructor()
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): try build()
        case UInt8(ascii: "Q"): try push(.external(try pop()))
        case UInt8(ascii: "q"): try remember(Int(try number(UInt8.self)))
        case UInt8(ascii: "r"): try remember(Int(try number(UInt32.self)))
        case 0x94: try remember(memo.count)
        case UInt8(ascii: "h"): try recall(Int(try number(UInt8.self)))
        case UInt8(ascii: "j"): try recall(Int(try number(UInt32.self)))
        default:
            throw fault(
                .unsupported,
                "pickle opcode 0x\(String(opcode, radix: 16)) is not used by files of weights")
        }
    }

    // MARK: Bytes

    private mutating func take(
        _ count: some FixedWidthInteger
    ) throws(TensorFileError) -> Range<Int> {
        guard let count = Int(exactly: count), count <= end - position else {
            throw fault(
                .truncated,
                "the pickle announces \(count) bytes, but \(end - position) are left; the file is "
                    + "cut off or damaged: get it again")
        }
        position += count
        return position - count..<position
    }

    private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(TensorFileError) -> Number {
        let range = try take(MemoryLayout<Number>.size)
        return Number(
            littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
    }

    private mutating func bigEndianDouble() throws(TensorFileError) -> Double {
        Double(bitPattern: try number(UInt64.self).byteSwapped)
    }

    private mutating func long(_ count: Int) throws(TensorFileError) -> Int {
        guard count <= 8 else { throw fault(.unsupported, "a whole number beyond 64 bits") }
        var value: UInt64 = 0
        for (index, byte) in bytes[try take(count)].enumerated() {
            value |= UInt64(byte) << (8 * index)
        }
        let unused = 64 - 8 * count
        return count == 0 ? 0 : Int(Int64(bitPattern: value << unused) >> unused)
    }

    private mutating func skipFrame() throws(TensorFileError) {
        let length = try number(UInt64.self)
        guard length <= UInt64(end - position) else {
            throw fault(
                .truncated,
                "a pickle frame of \(length) bytes is announced, but \(end - position) are left; "
                    + "the file is cut off or damaged: get it again")
        }
    }

    private mutating func line() throws(TensorFileError) -> String {
        let limit = min(end, position + 256)
        guard let newline = bytes[position..<limit].firstIndex(of: UInt8(ascii: "\n")),
            let text = bytes.text(in: position..<newline)
        else { throw fault(.malformed, "a constructor's name has no end") }
        position = newline + 1
        return text
    }

    // MARK: Stack and memo

    private mutating func push(_ value: PickleGraph.Value) throws(TensorFileError) {
        guard graph.values.count < valueLimit else {
            throw fault(.malformed, "more than \(valueLimit) values are no file of weights")
        }
        graph.values.append(value)
        try push(reference: Reference(graph.values.count - 1))
    }

    private mutating func push(reference: Reference) throws(TensorFileError) {
        guard stack.count < valueLimit else {
            throw fault(.malformed, "more than \(valueLimit) values are no file of weights")
        }
        stack.append(reference)
    }

    private mutating func pop() throws(TensorFileError) -> Reference {
        guard let reference = stack.last, stack.count > (marks.last ?? 0) else {
            throw fault(.malformed, "the pickle takes a value where none is")
        }
        stack.removeLast()
        return reference
    }

    private mutating func pop(_ count: Int) throws(TensorFileError) -> [Reference] {
        var references: [Reference] = []
        for _ in 0..<count { references.append(try pop()) }
        return references.reversed()
    }

    private mutating func mark() throws(TensorFileError) {
        guard marks.count < valueLimit else { throw fault(.malformed, "too many marks") }
        marks.append(stack.count)
    }

    private mutating func popMark() throws(TensorFileError) -> [Reference] {
        guard let mark = marks.popLast() else {
            throw fault(.malformed, "the pickle takes values to a mark where none is")
        }
        let references = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return references
    }

    private mutating func remember(_ index: Int) throws(TensorFileError) {
        let reference = try pop()
        guard memo.count < valueLimit else { throw fault(.malformed, "too many remembered values") }
        memo[index] = reference
        try push(reference: reference)
    }

    private mutating func recall(_ index: Int) throws(TensorFileError) {
        guard let reference = memo[index] else {
            throw fault(.malformed, "the pickle recalls value \(index), which was not stored")
        }
        try push(reference: reference)
    }

    // MARK: Containers

    private mutating func count(_ elements: [Reference]) throws(TensorFileError) {
        containedCount += elements.count
        guard containedCount <= 4 * valueLimit else {
            throw fault(.malformed, "lists of \(containedCount) values are no file of weights")
        }
    }

    private mutating func pushTuple(_ elements: [Reference]) throws(TensorFileError) {
        try count(elements)
        graph.sequences.append(elements)
        try push(.tuple(graph.sequences.count - 1))
    }

    private mutating func pushDictionary() throws(TensorFileError) {
        graph.dictionaries.append([])
        try push(.dictionary(graph.dictionaries.count - 1))
    }

    private mutating func append(_ elements: [Reference]) throws(TensorFileError) {
        guard let target = stack.last, case .list(let list) = graph[target] else {
            throw fault(.malformed, "the pickle appends to something that is no list")
        }
        try count(elements)
        graph.sequences[list] += elements
    }

    private mutating func setItems(_ items: [Reference]) throws(TensorFileError) {
        guard let target = stack.last, case .dictionary(let dictionary) = graph[target],
            items.count.isMultiple(of: 2)
        else { throw fault(.malformed, "the pickle sets items of something that is no dictionary") }
        try count(items)
        for index in stride(from: 0, to: items.count, by: 2) {
            graph.dictionaries[dictionary].append((items[index], items[index + 1]))
        }
    }

    // MARK: Constructors

    private mutating func stackConstructor() throws(TensorFileError) {
        let names = try pop(2)
        guard let module = graph.text(names[0]), let name = graph.text(names[1]) else {
            throw fault(.malformed, "a constructor's name is no text")
        }
        try pushConstructor(module: module, name: name)
    }

    private mutating func pushConstructor(module: String, name: String) throws(TensorFileError) {
        guard let constructor = PickleConstructor(module: module, name: name) else {
            throw fault(
                .refused,
                "the pickle asks for '\(module).\(name)', which is not needed for weights; nothing was run. "
                    + "Load the file where you trust it and save its tensors alone")
        }
        try push(.constructor(constructor))
    }

    private mutating func reduce() throws(TensorFileError) {
        let operands = try pop(2)
        guard case .constructor(let constructor) = graph[operands[0]],
            case .tuple(let position) = graph[operands[1]]
        else { throw fault(.malformed, "the pickle calls something that is no constructor") }
        try push(try construct(constructor, graph.sequences[position]))
    }

    private mutating func construct(
        _ constructor: PickleConstructor, _ arguments: [PickleGraph.Reference]
    ) throws(TensorFileError) -> PickleGraph.Value {
        do {
            return try graph.construct(constructor, arguments)
        } catch {
            throw fault(error.code, error.message)
        }
    }

    private mutating func build() throws(TensorFileError) {
        let state = try pop()
        guard let target = stack.last else { throw fault(.malformed, "nothing to build") }
        do {
            try graph.build(target, state: state)
        } catch {
            throw fault(error.code, error.message)
        }
    }

    private func fault(_ code: TensorFileError.Code, _ message: String) -> TensorFileError {
        TensorFileError(code, path: path, offset: opcodePosition, message)
    }
}
