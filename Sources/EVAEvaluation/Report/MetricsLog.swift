internal import EVAConfiguration
internal import EVATensorFiles
internal import Foundation

/// The numbers that a run wrote down as it went: `metrics.jsonl` read back.
public struct MetricsLog: Sendable {
    /// What the run is called in legends.
    public let name: String
    private let records: [[String: Double]]

    /// Reads a file of JSON lines.
    ///
    /// Values that are no numbers are passed over, and so is an unfinished last line, which a run
    /// leaves behind that was killed in writing it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What the run is called in legends.
    /// - Throws: An error that names the file, and the line where one is at fault.
    public init(path: String, name: String) throws {
        let bytes = try MappedFile(path: path).withUnsafeBytes { Data($0) }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What follows the last end of line is empty or unfinished.
        try self.init(
            name: name,
            records: lines.dropLast().enumerated().filter { !$0.element.isEmpty }.map {
                index, line in
                let place = "\(path), line \(index + 1)"
                let value = try JSONParser.parse(Data(line), source: place)
                guard case .object(let members) = value else {
                    throw EvaluationError("\(place): expected an object, got \(value.summary)")
                }
                return members.compactMapValues(\.double)
            })
    }

    /// Takes records that are at hand.
    ///
    /// - Parameters:
    ///   - name: What the run is called in legends.
    ///   - records: Numbers by name, in order; each has a `step`.
    public init(name: String, records: [[String: Double]]) {
        self.name = name
        self.records = records
    }

    /// The names of the numbers that are there.
    var keys: Set<String> { Set(records.flatMap(\.keys)) }

    /// One number over the steps.
    ///
    /// - Parameter key: Its name, such as `loss`.
    /// - Returns: Step and number of every record that has both.
    public func points(_ key: String) -> [SIMD2<Double>] {
        records.compactMap { record in
            guard let step = record["step"], let value = record[key] else { return nil }
            return SIMD2(step, value)
        }
    }
}

extension JSONValue {
    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
