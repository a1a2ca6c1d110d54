/// What a pickle describes, as plain values: no Python object is made and no code runs.
///
/// Values refer to each other by position, so cycles and deep nesting in a forged file cost nothing;
/// text and bytes stay in the file as ranges.
struct PickleGraph: Sendable {
    /// The position of a value in `values`.
    typealias Reference = Int32

    enum Value: Sendable {
        case none
        case bool(Bool)
        case int(Int)
        case double(Double)
        case text(Range<Int>)
        case bytes(Range<Int>)
        /// The bytes that a text stands for, one for each of its characters.
        case latin1(Range<Int>)
        /// Positions in `sequences`.
        case tuple(Int), list(Int)
        /// A position in `dictionaries`.
        case dictionary(Int)
        case constructor(PickleConstructor)
        case elementType(ElementType)
        /// A position in `arrays`, where the array may still be incomplete.
        case array(Int)
        /// What stands outside the pickle, by the tuple that names it.
        case external(Reference)
        /// A position in `tensors`.
        case tensor(Int)
    }

    /// A NumPy array inside the pickle.
    struct Array: Sendable {
        let elementType: ElementType
        let shape: [Int]
        let source: TensorSource
    }

    /// A PyTorch tensor: a view of a storage outside the pickle.
    struct Tensor: Sendable {
        let elementType: ElementType
        let storage: String
        let storageCount: Int
        let shape: [Int]
        let strides: [Int]
        let offset: Int
    }

    let file: MappedFile
    var values: [Value] = []
    var sequences: [[Reference]] = []
    var dictionaries: [[(key: Reference, value: Reference)]] = []
    var arrays: [Array?] = []
    var tensors: [Tensor] = []
    var root: Reference = 0

    subscript(reference: Reference) -> Value { values[Int(reference)] }

    /// The text that a value is, when it is one of at most the length that a name can have.
    func text(_ reference: Reference) -> String? {
        guard case .text(let range) = self[reference], range.count <= 1 << 16 else { return nil }
        return file.withUnsafeBytes { $0.text(in: range) }
    }

    /// The elements of a tuple or list.
    func elements(_ reference: Reference) -> [Reference]? {
        switch self[reference] {
        case .tuple(let position), .list(let position): sequences[position]
        default: nil
        }
    }

    /// The pairs of a dictionary, in order of insertion.
    func pairs(_ reference: Reference) -> [(key: Reference, value: Reference)]? {
        guard case .dictionary(let position) = self[reference] else { return nil }
        return dictionaries[position]
    }

    /// The value under a text key of a dictionary.
    func member(_ key: String, of reference: Reference) -> Reference? {
        pairs(reference)?.first { text($0.key) == key }?.value
    }

    /// The whole numbers that a tuple or list holds and nothing else, none of them negative.
    func counts(_ reference: Reference) -> [Int]? {
        guard let elements = elements(reference), elements.count <= ElementType.rankLimit else {
            return nil
        }
        var counts: [Int] = []
        for element in elements {
            guard case .int(let count) = self[element], count >= 0 else { return nil }
            counts.append(count)
        }
        return counts
    }
}

extension PickleGraph {
    /// What lies at the ends of nested dictionaries, lists and tuples.
    struct Leaf {
        /// Keys and positions from the root on, joined by points.
        let name: String
        let value: Reference
    }

    /// Walks nested dictionaries, lists and tuples down to everything else.
    ///
    /// - Parameters:
    ///   - start: Where to begin.
    ///   - isLeaf: Whether a value is to be taken as it is although it could be entered.
    /// - Throws: `TensorFileError` when a key is no text or number, or the nesting has no end.
    func leaves(
        from start: Reference, isLeaf: (_ name: String, Reference) -> Bool
    ) throws(TensorFileError) -> [Leaf] {
        var leaves: [Leaf] = []
        var pending: [(name: String, value: Reference, depth: Int)] = [("", start, 0)]
        var visited = 0
        while let (name, value, depth) = pending.popLast() {
            visited += 1
            // One value may stand in many places, so that few bytes unfold to very many.
            guard visited <= values.count + 1024, depth <= 32 else {
                throw TensorFileError(
                    .malformed, path: file.path, "dictionaries are nested without reason")
            }
            let prefix = name.isEmpty ? "" : name + "."
            if isLeaf(name, value) {
                leaves.append(Leaf(name: name, value: value))
            } else if let pairs = pairs(value) {
                for (key, value) in pairs.reversed() {
                    pending.append((prefix + (try keyText(key)), value, depth + 1))
                }
            } else if let elements = elements(value) {
                for (position, value) in elements.enumerated().reversed() {
                    pending.append((prefix + String(position), value, depth + 1))
                }
            } else {
                leaves.append(Leaf(name: name, value: value))
            }
        }
        return leaves
    }

    private func keyText(_ key: Reference) throws(TensorFileError) -> String {
        if let text = text(key) { return text }
        if case .int(let number) = self[key] { return String(number) }
        throw TensorFileError(
            .unsupported, path: file.path, "a dictionary has a key that is no text")
    }
}
