public import Foundation

extension PreprocessingConfiguration {
    /// Reads how images are prepared from a model folder's file.
    ///
    /// Two forms are read: open_clip's (`preprocess_cfg`, bare or inside `open_clip_config.json`), whose
    /// defaults are CLIP's, and PaddleMIX's `image_preprocessor_config.json`, whose defaults are mean and
    /// deviation 0.5, bilinear, both sides resized to 224. PaddleMIX's keys that only concern training
    /// (flip, random crop) are accepted and ignored here. In both, `exif_orientation` is a key of this
    /// program; a file without it ignores the orientation, as open_clip does.
    ///
    /// - Parameters:
    ///   - json: The file's bytes.
    ///   - source: Its path, for the error text.
    ///   - imageSize: The model's image size, for a file that gives none.
    /// - Throws: `ConfigurationError` with every problem found.
    public init(json: Data, source: String, imageSize: Int) throws {
        let document = try JSONParser.parse(json, source: source)
        guard case .object(var members) = document else {
            throw ConfigurationError(
                source: source, message: "expected a JSON object, got \(document.summary)")
        }
        var path = ""
        if case .object(let inner)? = members["preprocess_cfg"] {
            members = inner
            path = "preprocess_cfg"
        }
        let problems = ObjectReader.Problems()
        var reader = ObjectReader(path: path, members: members, problems: problems)
        let isOpenCLIP =
            !path.isEmpty || members["mean"] != nil || members["resize_mode"] != nil
        self =
            isOpenCLIP
            ? Self.openCLIP(&reader, imageSize: imageSize)
            : Self.paddleMIX(&reader)
        reader.finish()
        let all = problems.list.isEmpty ? validate() : problems.list
        guard all.isEmpty else { throw ConfigurationError(source: source, problems: all) }
    }

    private static func openCLIP(
        _ reader: inout ObjectReader, imageSize: Int
    ) -> PreprocessingConfiguration {
        reader.refuse(["mode": [.string("RGB")], "fill_color": [.integer(0)]])
        return PreprocessingConfiguration(
            imageSize: reader.square("size", default: imageSize),
            mean: reader.channels("mean", default: openAIMean),
            std: reader.channels("std", default: openAIStd),
            interpolation: reader.choice("interpolation", default: .bicubic),
            resizeMode: reader.choice("resize_mode", default: .shortest),
            exifOrientation: reader.choice("exif_orientation", default: .ignore))
    }

    private static func paddleMIX(_ reader: inout ObjectReader) -> PreprocessingConfiguration {
        // Evaluation always resizes and crops, whatever the flags say; `resample` is not used there.
        reader.ignore([
            "do_resize", "do_crop", "resample", "rescale_factor", "do_flip", "flip_prob",
            "do_rand_resize_crop", "rand_resize_crop_prob", "scale", "do_collate", "mode",
            "image_processor_type", "feature_extractor_type", "processor_class",
            "default_to_square",
        ])
        reader.refuse([
            "do_rescale": [.bool(false)], "do_normalize": [.bool(true)],
            "do_convert_rgb": [.bool(true)],
        ])
        let size = reader.square("size", default: 224)
        let crop = reader.square("crop_size", default: size)
        if crop != size {
            reader.report(
                "crop_size",
                "\(crop) differs from the size \(size) that images are resized to, "
                    + "which is not supported; make them equal")
        }
        return PreprocessingConfiguration(
            imageSize: size,
            mean: reader.channels("image_mean", default: [0.5, 0.5, 0.5]),
            std: reader.channels("image_std", default: [0.5, 0.5, 0.5]),
            interpolation: reader.choice("interpolation", default: .bilinear),
            resizeMode: squashes(reader) ? .squash : .shortest,
            exifOrientation: reader.choice("exif_orientation", default: .ignore))
    }

    /// Whether PaddleMIX's `size` names height and width; a lone number means a square only by request.
    private static func squashes(_ reader: ObjectReader) -> Bool {
        switch reader.members["size"] {
        case .object(let size)?: size["shortest_edge"] == nil
        case .integer?: reader.members["default_to_square"] == .bool(true)
        default: true
        }
    }

    /// The contents of PaddleMIX's `image_preprocessor_config.json`.
    ///
    /// - Parameter training: Whether pictures are cropped at random as the published models' were
    ///   in training: 90 to 100 % of the area, no flip.
    /// - Returns: The file's bytes.
    /// - Throws: `ConfigurationError` where PaddleMIX cannot prepare pictures in this way.
    public func paddleMIXImageProcessor(training: Bool) throws -> Data {
        guard resizeMode != .longest else {
            throw ConfigurationError(
                source: "preprocess_cfg", keyPath: "resize_mode",
                message: "PaddleMIX does not know \"longest\"; use another naming than paddlemix")
        }
        // Random crops need both sides; for evaluation both sides mean a distorted picture.
        let square = JSONValue.object([
            "height": .integer(imageSize), "width": .integer(imageSize),
        ])
        let isSquashed = training || resizeMode == .squash
        let size = isSquashed ? square : .object(["shortest_edge": .integer(imageSize)])
        let document = JSONValue.object([
            "crop_size": .integer(imageSize),
            "do_convert_rgb": .bool(true),
            "do_crop": .bool(!training),
            "do_flip": .bool(false),
            "do_normalize": .bool(true),
            "do_rand_resize_crop": .bool(training),
            "do_rescale": .bool(false),
            "do_resize": .bool(!training),
            "exif_orientation": .string(exifOrientation.rawValue),
            "image_mean": .array(mean.map(JSONValue.decimal)),
            "image_processor_type": .string("CLIPImageProcessor"),
            "image_std": .array(std.map(JSONValue.decimal)),
            "interpolation": .string(interpolation.rawValue),
            "scale": .array([.number(0.9), .number(1)]),
            "size": size,
        ])
        return Data(document.encoded().utf8)
    }

    /// The contents of PaddleMIX's `text_preprocessor_config.json`, whose result PaddleMIX does not
    /// use.
    public static func paddleMIXTextProcessor() -> Data {
        let document = JSONValue.object([
            "max_words": .integer(77), "prompt": .string(""),
            "text_processor_type": .string("CLIPTextProcessor"),
        ])
        return Data(document.encoded().utf8)
    }

    /// The contents of open_clip's `preprocess_cfg`.
    var openCLIPValue: JSONValue {
        .object([
            "size": .integer(imageSize),
            "mode": .string("RGB"),
            "mean": .array(mean.map(JSONValue.decimal)),
            "std": .array(std.map(JSONValue.decimal)),
            "interpolation": .string(interpolation.rawValue),
            "resize_mode": .string(resizeMode.rawValue),
            "exif_orientation": .string(exifOrientation.rawValue),
        ])
    }
}

extension JSONValue {
    /// A single-precision number by its shortest decimal text, not by its nearest double.
    fileprivate static func decimal(_ value: Float) -> JSONValue {
        .number(Double("\(value)") ?? Double(value))
    }
}
