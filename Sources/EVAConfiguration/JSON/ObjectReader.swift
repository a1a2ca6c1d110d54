/// Reads one JSON object strictly: every key must be read, ignored on purpose, or reported.
///
/// Problems are collected in a list that all readers of one file share, so that a user sees all of them
/// at once.
struct ObjectReader {
    /// The problems found in one file.
    final class Problems {
        var list: [ConfigurationProblem] = []

        func report(_ keyPath: String, _ message: String) {
            list.append(ConfigurationProblem(keyPath: keyPath, message: message))
        }
    }

    let path: String
    let members: [String: JSONValue]
    let problems: Problems
    private var readKeys: Set<String> = []

    init(path: String, members: [String: JSONValue], problems: Problems) {
        self.path = path
        self.members = members
        self.problems = problems
    }

    func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func report(_ key: String, _ message: String) { problems.report(keyPath(key), message) }

    // MARK: Values

    /// The key's value; nil if it is absent or null.
    private mutating func value(_ key: String) -> JSONValue? {
        readKeys.insert(key)
        return members[key].flatMap { $0 == .null ? nil : $0 }
    }

    mutating func integer(_ key: String, default fallback: Int? = nil) -> Int {
        switch value(key) {
        case .integer(let value): return value
        case .number(let value) where value.rounded() == value && abs(value) < 1e15:
            return Int(value)
        case nil:
            if let fallback { return fallback }
            report(key, "missing; an integer is required")
        case let other?: report(key, "expected an integer, got \(other.summary)")
        }
        return 1
    }

    mutating func number(_ key: String, default fallback: Double) -> Double {
        optionalNumber(key) ?? fallback
    }

    mutating func optionalNumber(_ key: String) -> Double? {
        switch value(key) {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        case nil: break
        case let other?: report(key, "expected a number, got \(other.summary)")
        }
        return nil
    }

    mutating func bool(_ key: String, default fallback: Bool) -> Bool {
        switch value(key) {
        case .bool(let value): return value
        case nil: break
        case let other?: report(key, "expected true or false, got \(other.summary)")
        }
        return fallback
    }

    mutating func string(_ key: String) -> String? {
        switch value(key) {
        case .string(let value): return value
        case nil: break
        case let other?: report(key, "expected a string, got \(other.summary)")
        }
        return nil
    }

    /// A string that must be one of an enumeration's values.
    mutating func choice<Choice>(_ key: String, default fallback: Choice) -> Choice
    where Choice: CaseIterable & RawRepresentable<String> {
        guard let name = string(key) else { return fallback }
        if let choice = Choice(rawValue: name) { return choice }
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        report(key, "expected one of \(names); got \"\(name)\"")
        return fallback
    }

    /// One number a colour channel, or one number for all three.
    mutating func channels(_ key: String, default fallback: [Float]) -> [Float] {
        let numbers: [JSONValue]
        switch value(key) {
        case nil: return fallback
        case .array(let values)?: numbers = values
        case let single?: numbers = [single, single, single]
        }
        let channels = numbers.compactMap { value -> Float? in
            switch value {
            case .integer(let number): Float(number)
            case .number(let number): Float(number)
            default: nil
            }
        }
        guard channels.count == 3, numbers.count == 3 else {
            report(key, "expected three numbers, got \(members[key]?.summary ?? "nothing")")
            return fallback
        }
        return channels
    }

    /// A side of a square: an integer, or an array or object whose numbers are all equal.
    mutating func square(_ key: String, default fallback: Int) -> Int {
        let sides: [JSONValue]
        switch value(key) {
        case nil: return fallback
        case .array(let values)? where !values.isEmpty: sides = values
        case .object(let members)? where !members.isEmpty: sides = Array(members.values)
        case let single?: sides = [single]
        }
        guard case .integer(let side) = sides[0], sides.allSatisfy({ $0 == sides[0] }) else {
            report(
                key,
                "expected one size in pixels (images are square), got "
                    + (members[key]?.summary ?? "nothing"))
            return fallback
        }
        return side
    }

    mutating func object(_ key: String) -> ObjectReader? {
        switch value(key) {
        case .object(let inner):
            return ObjectReader(path: keyPath(key), members: inner, problems: problems)
        case nil: report(key, "missing; an object is required")
        case let other?: report(key, "expected an object, got \(other.summary)")
        }
        return nil
    }

    // MARK: Keys

    /// Marks keys as known: they have no bearing on the network.
    mutating func ignore(_ keys: some Sequence<String>) {
        readKeys.formUnion(keys)
    }

    /// Marks keys as known, and reports each whose value asks for something that is not built.
    ///
    /// - Parameter options: For each key the values that ask for nothing. A null never does.
    mutating func refuse(_ options: [String: [JSONValue]]) {
        for key in options.keys.sorted() {
            guard let value = value(key)?.normalized, options[key]?.contains(value) != true else {
                continue
            }
            report(
                key,
                "\(value.summary) asks for an option that none of the published EVA-CLIP models "
                    + "uses and that is not built; remove it")
        }
    }

    /// Reports every key that nobody asked for.
    ///
    /// To be called last.
    func finish() {
        for key in members.keys.sorted() where !readKeys.contains(key) {
            report(key, "unknown key" + NearestName.hint(key, in: readKeys.sorted()))
        }
    }
}

extension JSONValue {
    /// A whole number as an integer, whichever way it was written.
    fileprivate var normalized: JSONValue {
        guard case .number(let value) = self, value.rounded() == value, abs(value) < 1e15 else {
            return self
        }
        return .integer(Int(value))
    }
}
