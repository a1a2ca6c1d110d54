internal import EVAConfiguration
package import EVAModels
internal import EVATensorFiles
internal import Foundation
package import Torch

/// Checks a model, step by step: its files, its tensors, and what it computes.
package struct ModelVerifier {
    /// What one step found, in one line.
    package enum Finding: Sendable, Equatable {
        case passed(String)
        /// Why a step could not be made.
        case unchecked(String)
        case failed(String)
    }

    /// Models with more parameters compute their features with matrices in bf16, so that they fit
    /// into the memory of a usual machine.
    package static let fullPrecisionLimit = 2_000_000_000

    /// The format in which a model keeps its matrices while its golden vectors are computed.
    package static func computeDType(for description: ModelDescription) -> DType {
        description.configuration.parameterCount > fullPrecisionLimit ? .bfloat16 : .float32
    }

    private let description: ModelDescription
    private let device: Device
    /// The folder that the model is; nil for bare weights.
    private let folder: String?

    package init(_ description: ModelDescription, device: Device) {
        self.description = description
        self.device = device
        folder = Self.folder(of: description)
    }

    /// Makes all steps, whatever the ones before found.
    ///
    /// - Parameter report: receives each finding when it is made.
    /// - Returns: whether nothing failed, and whether the golden vectors are among what was checked.
    package func run(_ report: (Finding) -> Void) -> (isGood: Bool, provesFeatures: Bool) {
        var isGood = true
        var provesFeatures = false
        func tell(_ finding: Finding) {
            if case .failed = finding { isGood = false }
            report(finding)
        }
        tell(checksums())
        do {
            let container = try description.openWeights()
            if let entries = try TensorFile.verifyChecksums(path: container.path) {
                tell(.passed("archive: \(entries) entries as their CRC-32 says"))
            }
            let network = CLIP(description.configuration, device: .meta)
            let file = try ParameterFile(container, network: network)
            for finding in try finiteness(of: container, file: file) { tell(finding) }
            let finding = try golden(weightTypes: file.elementTypes)
            if case .passed = finding { provesFeatures = true }
            tell(finding)
        } catch {
            tell(.failed("\(error)"))
        }
        return (isGood, provesFeatures)
    }

    /// The folder that a model is, which its name may stand for; nil for bare weights.
    package static func folder(of description: ModelDescription) -> String? {
        if let weights = description.weightsPath {
            return weights == description.name
                ? nil : (weights as NSString).deletingLastPathComponent
        }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(
            atPath: description.name, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? description.name : nil
    }

    private func checksums() -> Finding {
        guard let folder else { return .unchecked("checksums: bare weights have none") }
        do {
            guard let list = try FolderChecksums(listIn: folder) else {
                return .unchecked("checksums: the folder has no \(FolderChecksums.fileName)")
            }
            try list.verify(folder)
            return .passed(
                "checksums: \(list.digests.count) files as \(FolderChecksums.fileName) says")
        } catch {
            return .failed("\(error)")
        }
    }

    /// Reads every tensor of the file once; shapes were checked when it was opened.
    private func finiteness(
        of container: any TensorContainer, file: ParameterFile
    ) throws -> [Finding] {
        var failures: [Finding] = []
        for entry in container.entries {
            let tensor = try container.tensor(named: entry.name)
            if let index = tensor.firstNonFiniteIndex {
                failures.append(
                    .failed(
                        "\(container.path): tensor '\(entry.name)': element \(index) of shape "
                            + "\(entry.shape) is not finite"))
            }
            tensor.releasePages()
        }
        let types = file.elementTypes.map(\.rawValue).sorted().joined(separator: ", ")
        return failures.isEmpty
            ? [
                .passed(
                    "tensors: \(file.tensorCount) in \(file.naming.rawValue) names (\(types)), "
                        + "none missing, all shapes right, all numbers finite")
            ] : failures
    }

    private func golden(weightTypes: Set<ElementType>) throws -> Finding {
        guard let folder else { return .unchecked("features: bare weights have no stored ones") }
        guard let golden = try GoldenVectors(in: folder) else {
            return .unchecked("features: the folder has no \(GoldenVectors.fileName)")
        }
        let clip = try CLIP(
            loading: description, device: device, dtype: Self.computeDType(for: description))
        let comparison = try golden.compare(
            with: clip, preprocessing: description.preprocessing, weightTypes: weightTypes)
        guard comparison.problems.isEmpty else {
            return .failed(
                "\(folder)/\(GoldenVectors.fileName): "
                    + comparison.problems.joined(separator: "; "))
        }
        return .passed("features: \(comparison.summary)")
    }
}
