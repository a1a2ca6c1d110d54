internal import EVAConfiguration
internal import EVALayers
internal import EVAModels
internal import EVATensorFiles
internal import Foundation
internal import Torch

/// Classifiers on disk, each under a digest of everything that it was computed from.
///
/// The key covers the text tower's configuration and weights, the token ids of all prompts, and
/// what computed them, so another model, a further trained one or other prompts never meet a
/// classifier of old. A file that is damaged is passed over and written anew.
package struct ClassifierCache {
    /// How many classifiers are kept; the oldest go.
    private static let limit = 64
    private static let tensorName = "class_vectors"

    private let folder: String
    private let note: (String) -> Void

    /// Describes a cache.
    ///
    /// - Parameters:
    ///   - folder: where the files lie; made when needed.
    ///   - note: is told what was read, written, or could not be.
    package init(folder: String, note: @escaping (String) -> Void = { _ in }) {
        self.folder = folder
        self.note = note
    }

    /// The digest of everything that a classifier depends on.
    static func key(
        ofTokens tokens: [[Int32]], classCount: Int, encoder: FeatureEncoder
    ) throws -> SHA256Digest {
        let hash = SHA256()
        func add(_ text: String) { Array("\(text)\n".utf8).withUnsafeBytes(hash.update) }
        let model = encoder.model
        add("evaclip classifier 1, libtorch \(Runtime.version)")
        add("\(encoder.computeDType.rawValue) on \(model.store.device)")
        let json = JSONEncoder()
        json.outputFormatting = [.sortedKeys]
        add(String(decoding: try json.encode(model.configuration.text), as: UTF8.self))
        for parameter in model.store.parameters where parameter.name.hasPrefix("text.") {
            let value = parameter.value
            add("\(parameter.name) \(value.dtype.rawValue) \(value.shape)")
            value.withHostBytes(hash.update)
        }
        add("\(classCount) classes, \(tokens.count) prompts")
        for prompt in tokens {
            add("\(prompt.count)")
            prompt.withUnsafeBytes(hash.update)
        }
        return hash.digest()
    }

    /// The class vectors that are kept under a key, `[C, E]`; nil where there are none.
    func classVectors(_ key: SHA256Digest, classCount: Int) -> Tensor? {
        guard let file = try? SafetensorsFile(path: path(key)),
            file.metadata["key"] == "\(key)", let stored = file[Self.tensorName],
            stored.elementType == .float32, stored.shape.first == classCount,
            stored.shape.count == 2,
            file.metadata["sha256"] == "\(stored.withUnsafeBytes { SHA256.digest(of: $0) })",
            let vectors = try? stored.makeTensor()
        else { return nil }
        note("classifier read from \(path(key))")
        return vectors
    }

    /// Keeps class vectors; where that is impossible, says so and goes on.
    func keep(_ vectors: Tensor, under key: SHA256Digest) {
        let stored = vectors.hostTensor()
        let digest = stored.withUnsafeBytes { SHA256.digest(of: $0) }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try SafetensorsWriter.write(
                [(Self.tensorName, stored)], metadata: ["key": "\(key)", "sha256": "\(digest)"],
                to: path(key))
            note("classifier kept in \(path(key))")
            removeOldest()
        } catch {
            note("the classifier could not be kept: \(error)")
        }
    }

    private func path(_ key: SHA256Digest) -> String { "\(folder)/\(key).safetensors" }

    private func removeOldest() {
        let manager = FileManager.default
        let files = ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".safetensors")
        }.map { name in
            let path = folder + "/" + name
            let date = try? manager.attributesOfItem(atPath: path)[.modificationDate] as? Date
            return (path: path, date: date ?? .distantPast)
        }
        for file in files.sorted(by: { $0.date > $1.date }).dropFirst(Self.limit) {
            try? manager.removeItem(atPath: file.path)
        }
    }
}
