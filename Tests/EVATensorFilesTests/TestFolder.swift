import Foundation
import Testing

@testable import EVATensorFiles

/// A folder for one test, removed with its content when the test lets go of it.
final class TestFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/evaclip-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in the folder.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file into the folder and gives its path.
    @discardableResult
    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// The names of everything in the folder, hidden files included.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// The path of a fixture.
func fixture(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
    return folder.appendingPathComponent(name).path
}

/// All bytes of a file.
func bytes(of path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Names the first difference between two containers; `nil` when they hold the same tensors.
func difference(
    _ first: some TensorContainer, _ second: some TensorContainer
) throws -> String? {
    guard first.names.sorted() == second.names.sorted() else { return "other names" }
    for entry in first.entries {
        let (a, b) = (try first.tensor(named: entry.name), try second.tensor(named: entry.name))
        guard a.elementType == b.elementType, a.elementType == entry.elementType,
            a.shape == b.shape, a.shape == entry.shape
        else { return "\(entry.name): other type or shape" }
        let equal = a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
        guard equal else { return "\(entry.name): other elements" }
    }
    return nil
}

/// The error that a closure throws, which must be one of tensor files.
func tensorFileError(
    _ body: () throws -> Void, location: SourceLocation = #_sourceLocation
) throws -> TensorFileError {
    let error = #expect(throws: TensorFileError.self, sourceLocation: location) { try body() }
    return try #require(error, sourceLocation: location)
}
