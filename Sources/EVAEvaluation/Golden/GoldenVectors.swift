package import EVAConfiguration
internal import EVAData
internal import EVAImaging
internal import EVALayers
package import EVAModels
package import EVATensorFiles
internal import Foundation
internal import Torch

/// What a model computes of fixed inputs, kept with it: pictures and texts beside their features.
///
/// The pictures are stored as they are before preprocessing, so that a model whose preprocessing
/// was lost on the way is found out too.
package struct GoldenVectors: Sendable {
    /// The name of the file in a model folder.
    package static let fileName = "golden.safetensors"
    private static let format = "evaclip-golden-1"

    private let pictures: HostTensor
    private let texts: HostTensor
    private let imageFeatures: [Float]
    private let textFeatures: [Float]
    private let logitScale: Float
    private let embedWidth: Int
    /// The number formats of the weights that computed the features.
    private let weightTypes: Set<ElementType>
    /// The dtype in which they were computed.
    private let computeDType: String

    /// Lets a model compute its features of the fixed inputs.
    ///
    /// - Parameters:
    ///   - clip: the model; features are computed in the dtype in which it keeps its matrices.
    ///   - preprocessing: how pictures are prepared for it.
    ///   - weightTypes: the number formats of the file that its weights are from.
    /// - Throws: `EvaluationError` when features are not finite.
    package init(
        of clip: CLIP, preprocessing: PreprocessingConfiguration, weightTypes: Set<ElementType>
    ) throws {
        let inputs = GoldenInputs.make(for: clip.configuration)
        try self.init(
            of: clip, preprocessing: preprocessing, weightTypes: weightTypes,
            pictures: inputs.pictures, texts: inputs.texts)
    }

    private init(
        of clip: CLIP, preprocessing: PreprocessingConfiguration, weightTypes: Set<ElementType>,
        pictures: HostTensor, texts: HostTensor
    ) throws {
        // Matrices in 16 bits are read as such, while files may hold their fp32 originals.
        let dtypes = clip.store.parameters.map(\.value.dtype)
        let dtype = dtypes.first { $0 != .float32 } ?? .float32
        let encoder = FeatureEncoder(clip, computeDType: dtype, batchSize: 4)
        let pixels = try Self.pixels(pictures, preprocessing)
        let length = texts.shape[1]
        let ids = try texts.values(as: Int64.self)
        let rows = stride(from: 0, to: ids.count, by: length).map { start in
            ids[start..<start + length].map(Int32.init(truncatingIfNeeded:))
        }
        imageFeatures = try encoder.images(pixels).floats()
        textFeatures = try encoder.texts(rows).floats()
        logitScale = Float(clip.logitScale.value.detached().item())
        embedWidth = clip.configuration.embedWidth
        computeDType = dtype.elementType.rawValue
        self.pictures = pictures
        self.texts = texts
        self.weightTypes = weightTypes
    }

    /// Reads the vectors of a model folder; nil when it has none.
    ///
    /// - Throws: `TensorFileError` or `EvaluationError` when the file is damaged.
    package init?(in folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try SafetensorsFile(path: path)
        func fault(_ message: String) -> EvaluationError { EvaluationError("\(path): \(message)") }
        guard file.metadata["format"] == Self.format else {
            throw fault("is not of the format \(Self.format), which a newer version may have left")
        }
        func tensor(_ name: String, _ type: ElementType, rank: Int) throws -> HostTensor {
            let tensor = try file.tensor(named: name)
            guard tensor.elementType == type, tensor.shape.count == rank,
                tensor.elementCount > 0 || rank == 0
            else { throw fault("'\(name)' is \(tensor.elementType) of shape \(tensor.shape)") }
            return tensor
        }
        pictures = try tensor("pictures", .uint8, rank: 4)
        texts = try tensor("input_ids", .int64, rank: 2)
        let images = try tensor("image_features", .float32, rank: 2)
        let sentences = try tensor("text_features", .float32, rank: 2)
        guard pictures.shape[3] == 3, images.shape[0] == pictures.shape[0],
            sentences.shape == [texts.shape[0], images.shape[1]]
        else { throw fault("inputs and features do not belong together") }
        imageFeatures = try images.floats()
        textFeatures = try sentences.floats()
        logitScale = try tensor("logit_scale", .float32, rank: 0).floats()[0]
        embedWidth = images.shape[1]
        computeDType = file.metadata["compute_dtype"] ?? ElementType.float32.rawValue
        weightTypes = Set(
            (file.metadata["weights_dtype"] ?? "").split(separator: ",").compactMap {
                ElementType(rawValue: String($0))
            })
    }

    /// Writes the vectors into a model folder.
    ///
    /// - Returns: the digest of the file.
    @discardableResult
    package func write(into folder: String) throws -> SHA256Digest {
        try SafetensorsWriter.write(
            [
                ("pictures", pictures), ("input_ids", texts),
                ("image_features", features(imageFeatures)),
                ("text_features", features(textFeatures)),
                ("logit_scale", HostTensor([logitScale], shape: [])),
            ],
            metadata: [
                "format": Self.format, "compute_dtype": computeDType,
                "weights_dtype": weightTypes.map(\.rawValue).sorted().joined(separator: ","),
            ], to: "\(folder)/\(Self.fileName)")
    }

    private func features(_ values: [Float]) -> HostTensor {
        HostTensor(values, shape: [values.count / embedWidth, embedWidth])
    }

    /// Lets a model compute the stored inputs' features again and compares.
    ///
    /// - Parameters:
    ///   - clip: the model.
    ///   - preprocessing: how pictures are prepared for it.
    ///   - weightTypes: the number formats of the file that its weights are from.
    /// - Throws: `EvaluationError` when the model cannot take the inputs, or its features are not
    ///   finite.
    package func compare(
        with clip: CLIP, preprocessing: PreprocessingConfiguration, weightTypes: Set<ElementType>
    ) throws -> GoldenComparison {
        let present = try GoldenVectors(
            of: clip, preprocessing: preprocessing, weightTypes: weightTypes, pictures: pictures,
            texts: texts)
        guard present.embedWidth == embedWidth else {
            throw EvaluationError(
                "\(Self.fileName): holds features of \(embedWidth) numbers, the model's have "
                    + "\(present.embedWidth)")
        }
        // fp32 holds what narrower formats held; narrower formats do not hold what fp32 held.
        let areSame = weightTypes == self.weightTypes || weightTypes == [.float32]
        let isExact = areSame && computeDType == "float32" && present.computeDType == "float32"
        return GoldenComparison(
            images: .init(present.imageFeatures, imageFeatures, width: embedWidth),
            texts: .init(present.textFeatures, textFeatures, width: embedWidth),
            logitScale: abs(present.logitScale - logitScale), isExact: isExact)
    }

    private static func pixels(
        _ pictures: HostTensor, _ preprocessing: PreprocessingConfiguration
    ) throws -> Tensor {
        let (height, width) = (pictures.shape[1], pictures.shape[2])
        let bytes = try pictures.values(as: UInt8.self)
        let transform = EvaluationTransform(preprocessing)
        let planeCount = 3 * transform.imageSize * transform.imageSize
        var values = [Float](repeating: 0, count: pictures.shape[0] * planeCount)
        values.withUnsafeMutableBufferPointer { planes in
            for index in 0..<pictures.shape[0] {
                let size = height * width * 3
                let image = Image(
                    width: width, height: height, mode: .rgb,
                    pixels: Array(bytes[index * size..<(index + 1) * size]))
                transform(
                    image,
                    into: UnsafeMutableBufferPointer(
                        rebasing: planes[index * planeCount..<(index + 1) * planeCount]))
            }
        }
        return Tensor(
            values,
            shape: [pictures.shape[0], 3, transform.imageSize, transform.imageSize])
    }
}
