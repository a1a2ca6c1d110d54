package import EVAConfiguration
internal import Glibc

/// What may differ between a file of weights and the model that loads it.
package struct WeightPolicy: Sendable, Equatable {
    /// Shell patterns of keys that the file may lack; their parameters are drawn.
    package var allowedMissing: [String]
    /// Whether positions and patches are resized to the model's image and patch size.
    package var resizes: Bool
    /// How they are resized.
    package var resizeRule: GridResizeRule

    /// The file must fit exactly.
    package static let exact = WeightPolicy(allowedMissing: [], resizes: false)

    package init(
        allowedMissing: [String], resizes: Bool, resizeRule: GridResizeRule = .rei
    ) {
        self.allowedMissing = allowedMissing
        self.resizes = resizes
        self.resizeRule = resizeRule
    }

    /// Whether a tensor may be missing: by its key in the file, or by the parameters' own names.
    func allowsMissing(_ key: String, _ names: [String]) -> Bool {
        func isAllowed(_ name: String) -> Bool {
            allowedMissing.contains { fnmatch($0, name, 0) == 0 }
        }
        return isAllowed(key) || names.allSatisfy(isAllowed)
    }
}
