package import EVATensorFiles
package import Torch

/// The weighted sum of the same network's parameters in several files, computed in fp32.
///
/// With equal weights these are model soups (Wortsman et al. 2022, arXiv 2203.05482); with two files
/// and the weights 1 - alpha and alpha it is WiSE-FT (Wortsman et al. 2021, arXiv 2109.01903).
package struct AveragedParameters: ParameterSource {
    private let files: [ParameterFile]
    private let weights: [Double]

    /// - Parameters:
    ///   - files: the files, at least one, checked against one network.
    ///   - weights: a factor for each file.
    package init(_ files: [ParameterFile], weights: [Double]) {
        guard !files.isEmpty, files.count == weights.count else {
            fatalError("AveragedParameters: \(files.count) files, \(weights.count) weights")
        }
        self.files = files
        self.weights = weights
    }

    /// The format of the first file.
    package func elementType(of parameter: String) -> ElementType {
        files[0].elementType(of: parameter)
    }

    package func tensor(of parameter: String) throws -> Tensor {
        try withoutGradient {
            let first = try files[0].tensor(of: parameter)
            let sum = first.cast(to: .float32) * weights[0]
            for (file, weight) in zip(files, weights).dropFirst() {
                sum.add(
                    inPlace: try file.tensor(of: parameter).cast(to: .float32), scale: weight)
            }
            return sum.cast(to: first.dtype)
        }
    }
}
