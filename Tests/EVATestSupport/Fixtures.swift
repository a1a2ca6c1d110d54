package import EVATensorFiles
package import Foundation

/// Small files that the tests compare with; made by the originals, see `Fixtures/README.md`.
package enum Fixtures {
    /// The path of a fixture, such as `rei/b_eva02b.io.safetensors`.
    package static func path(_ name: String) -> String {
        Bundle.module.bundlePath + "/Fixtures/" + name
    }

    /// The tensors of a fixture.
    package static func tensors(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(path: path(name))
    }

    /// The bytes of a fixture.
    package static func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path(name)))
    }

    /// The four tiny families: EVA-01-g, EVA-02-B, EVA-02-L-336 and EVA-02-E.
    package static let families = ["a_eva01", "b_eva02b", "c_eva02l336", "d_bige"]
}
