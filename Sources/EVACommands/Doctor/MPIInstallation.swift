internal import Foundation

/// The message passing library of the machine, if any.
struct MPIInstallation: Encodable {
    /// The path of mpirun.
    let launcher: String?
    /// What the library calls itself: `Open MPI v4.1.4`.
    let library: String?

    init(environment: [String: String]) {
        launcher = (environment["PATH"] ?? "").split(separator: ":").map { $0 + "/mpirun" }
            .first { access($0, X_OK) == 0 }
        library = Self.libraryVersion
    }

    /// Open MPI's names, then those of MPICH and its kin.
    private static let names = ["libmpi.so.40", "libmpi.so.12", "libmpich.so.12", "libmpi.so"]

    /// It may be asked for its version without being started.
    private static var libraryVersion: String? {
        guard
            let handle = names.lazy.compactMap({ dlopen($0, RTLD_LAZY) }).first,
            let address = dlsym(handle, "MPI_Get_library_version")
        else { return nil }
        typealias Version =
            @convention(c) (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
        var text = [CChar](repeating: 0, count: 1 << 14)
        var length: Int32 = 0
        guard unsafeBitCast(address, to: Version.self)(&text, &length) == 0 else { return nil }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let words = String(decoding: bytes, as: UTF8.self)
        return String(words.prefix { $0 != "," && $0 != "\n" })
    }
}
