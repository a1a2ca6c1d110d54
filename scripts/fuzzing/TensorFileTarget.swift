import Foundation

/// What libFuzzer calls with every input.
///
/// The input becomes a file, the file is opened as a user's would be, and every tensor in it is
/// read. Errors are answers; crashes, hangs and large allocations are findings.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTensorFile(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let path = "/dev/shm/evaclip-fuzz-\(getpid())"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0, write(descriptor, bytes, count) == count else { return 0 }
    close(descriptor)
    defer { unlink(path) }
    do {
        let file = try TensorFile.open(path: path)
        for entry in file.entries {
            guard let tensor = try? file.tensor(named: entry.name) else { continue }
            guard tensor.shape == entry.shape else {
                fatalError("\(entry.name): listed with shape \(entry.shape), read \(tensor.shape)")
            }
            _ = tensor.withUnsafeBytes { $0.reduce(0) { $0 ^ $1 } }
        }
    } catch let error as TensorFileError {
        guard !error.description.contains("\n") else { fatalError("more than a line: \(error)") }
    } catch {
        fatalError("an error of another type: \(error)")
    }
    return 0
}
