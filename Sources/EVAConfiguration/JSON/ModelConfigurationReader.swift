/// Reads the three JSON forms of a model; see `ModelConfiguration.init(json:source:)`.
struct ModelConfigurationReader {
    private enum Form { case rei, paddleMIX, openCLIP }
    private typealias Keys = ModelConfigurationKeys

    private let form: Form
    private let problems = ObjectReader.Problems()

    static func read(_ document: JSONValue, source: String) throws -> ModelConfiguration {
        guard case .object(let members) = document else {
            throw ConfigurationError(
                source: source, message: "expected a JSON object, got \(document.summary)")
        }
        guard case .object(let inner)? = members["model_cfg"] else {
            return try read(members, path: "", source: source)
        }
        let extra = members.keys.filter { $0 != "model_cfg" && $0 != "preprocess_cfg" }.sorted()
        guard extra.isEmpty else {
            throw ConfigurationError(
                source: source,
                problems: extra.map { ConfigurationProblem(keyPath: $0, message: "unknown key") })
        }
        return try read(inner, path: "model_cfg", source: source)
    }

    private static func read(
        _ members: [String: JSONValue], path: String, source: String
    ) throws -> ModelConfiguration {
        guard let form = form(of: members) else {
            throw ConfigurationError(
                source: source, keyPath: path,
                message: "cannot tell which program wrote this model: rei's form has "
                    + "vision_cfg.eva_model_name, PaddleMIX's has model_type \"evaclip\" or "
                    + "vision_cfg.use_mean_pooling, open_clip's has vision_cfg.timm_model_name; "
                    + "they build different networks from the same keys, so add the one that holds")
        }
        let reader = ModelConfigurationReader(form: form)
        let configuration = reader.model(
            ObjectReader(path: path, members: members, problems: reader.problems))
        let problems = reader.problems.list
        // A value that could not be read leaves a placeholder, which is not worth validating.
        let all = problems.isEmpty ? configuration.validate() : problems
        guard all.isEmpty else { throw ConfigurationError(source: source, problems: all) }
        return configuration
    }

    private init(form: Form) { self.form = form }

    private static func form(of members: [String: JSONValue]) -> Form? {
        var vision: [String: JSONValue] = [:]
        for key in ["vision_config", "vision_cfg"] {
            if case .object(let section)? = members[key] { vision = section }
        }
        if let name = vision["timm_model_name"], name != .null { return .openCLIP }
        let paddleTop = ["model_type", "vision_config", "text_config"]
        if paddleTop.contains(where: { members[$0] != nil }) { return .paddleMIX }
        if Keys.paddleVisionMarks.contains(where: { vision[$0] != nil }) { return .paddleMIX }
        return Keys.reiVisionMarks.contains { vision[$0] != nil } ? .rei : nil
    }

    // MARK: Sections

    private func model(_ reader: ObjectReader) -> ModelConfiguration {
        var reader = reader
        reader.ignore(Keys.topIgnored)
        reader.refuse(Keys.topRefused)
        if form == .paddleMIX { readPaddleBookkeeping(&reader) }
        let visionSection = section("vision", of: &reader)
        let textSection = section("text", of: &reader)
        let embedWidth = embedWidth(&reader, visionSection, textSection)
        let vision = visionSection.map(self.vision)
        let text = textSection.map(self.text)
        let logitBias = reader.optionalNumber("init_logit_bias")
        reader.finish()
        return ModelConfiguration(
            embedWidth: embedWidth,
            vision: vision
                ?? VisionConfiguration(
                    imageSize: 1, patchSize: 1, width: 1, layerCount: 1, mlpWidth: 1),
            text: text ?? TextConfiguration(width: 1, headCount: 1, layerCount: 1),
            initialLogitBias: logitBias)
    }

    private func readPaddleBookkeeping(_ reader: inout ObjectReader) {
        if let type = reader.string("model_type"), type != "evaclip" {
            reader.report("model_type", "expected \"evaclip\", got \"\(type)\"")
        }
        reader.ignore(Keys.paddleBookkeeping)
    }

    /// A tower's section: `vision_cfg`, or `vision_config` as PaddleMIX also saves it.
    private func section(_ tower: String, of reader: inout ObjectReader) -> ObjectReader? {
        let short = tower + "_cfg"
        let long = tower + "_config"
        guard form == .paddleMIX, let other = reader.members[long] else {
            return reader.object(short)
        }
        guard let first = reader.members[short] else { return reader.object(long) }
        if first != other {
            reader.report(long, "differs from \(short); a saved file holds the same section twice")
        }
        reader.ignore([long])
        return reader.object(short)
    }

    /// The joint width, which PaddleMIX keeps at the top, in both towers, or in all three places.
    private func embedWidth(
        _ reader: inout ObjectReader, _ vision: ObjectReader?, _ text: ObjectReader?
    ) -> Int {
        var places = [reader]
        if form == .paddleMIX { places += [vision, text].compactMap { $0 } }
        let present = places.filter { $0.members["embed_dim"] != nil }
        reader.ignore(["embed_dim"])
        guard var first = present.first else { return reader.integer("embed_dim") }
        let width = first.integer("embed_dim")
        for var place in present.dropFirst() {
            let other = place.integer("embed_dim")
            if other != width {
                place.report("embed_dim", "\(other) differs from \(width) given elsewhere")
            }
        }
        return width
    }

    // MARK: Towers

    private func vision(_ section: ObjectReader) -> VisionConfiguration {
        var reader = section
        reader.ignore(Keys.visionIgnored)
        reader.refuse(Keys.visionRefused)
        var vision: VisionConfiguration
        switch form {
        case .openCLIP: vision = timmVision(&reader)
        case .rei, .paddleMIX: vision = ownVision(&reader)
        }
        vision.patchDropout = reader.number("patch_dropout", default: 0)
        reader.finish()
        return vision
    }

    private func ownVision(_ reader: inout ObjectReader) -> VisionConfiguration {
        if form == .paddleMIX { reader.ignore(Keys.paddleBookkeeping + ["embed_dim"]) }
        let width = reader.integer("width", default: 768)
        let rope = RopeConfiguration(
            pretrainedGridSize: reader.integer("pt_hw_seq_len", default: 16),
            interpolatesFrequencies: reader.bool("intp_freq", default: false))
        let usesSubLayerNorm = reader.bool("subln", default: false)
        checkInnerNorm(&reader, usesSubLayerNorm: usesSubLayerNorm)
        return VisionConfiguration(
            imageSize: reader.square("image_size", default: 224),
            patchSize: reader.square("patch_size", default: 16),
            width: width,
            layerCount: reader.integer("layers", default: 12),
            headWidth: reader.integer("head_width", default: 64),
            mlpWidth: mlpWidth(&reader, width: width),
            mlpKind: reader.bool("naiveswiglu", default: false) ? .swiGLU : .gelu,
            normPlacement: reader.bool("postnorm", default: false) ? .post : .pre,
            usesSubLayerNorm: usesSubLayerNorm,
            rope: reader.bool("rope", default: false) ? rope : nil,
            qkvBias: reader.bool("qkv_bias", default: form == .rei),
            pooling: pooling(&reader),
            dropPathRate: reader.number("drop_path_rate", default: 0),
            layerNormEpsilon: reader.number("layer_norm_eps", default: 1e-6),
            innerAttentionNormEpsilon: reader.number("inner_attn_ln_eps", default: 1e-6))
    }

    private func pooling(_ reader: inout ObjectReader) -> VisionConfiguration.Pooling {
        let key = form == .paddleMIX ? "use_mean_pooling" : "global_average_pool"
        let otherKey = form == .paddleMIX ? "global_average_pool" : "use_mean_pooling"
        if reader.members[otherKey] != nil {
            reader.ignore([otherKey])
            reader.report(
                otherKey,
                "the file mixes rei's keys with PaddleMIX's, whose defaults differ; "
                    + "rename it to \(key), or remove it")
        }
        return reader.bool(key, default: form == .paddleMIX) ? .mean : .classToken
    }

    /// PaddleMIX can leave out one of the two inner norms that `subln` stands for.
    private func checkInnerNorm(_ reader: inout ObjectReader, usesSubLayerNorm: Bool) {
        guard form == .paddleMIX else { return }
        if !reader.bool("inner_attn_ln", default: true), usesSubLayerNorm {
            reader.report(
                "inner_attn_ln",
                "false together with subln true is a network that none of the "
                    + "published EVA-CLIP models is and that is not built")
        }
    }

    private func timmVision(_ reader: inout ObjectReader) -> VisionConfiguration {
        reader.ignore(Keys.timmIgnored + Keys.timmOverridden)
        reader.refuse(Keys.timmRefused)
        if reader.members["timm_proj"] == nil {
            reader.report(
                "timm_proj",
                "missing, which open_clip reads as \"linear\"; the EVA-CLIP models "
                    + "have null here")
        }
        let pool = reader.string("timm_pool") ?? "avg"
        if pool != "token" {
            reader.report("timm_pool", "expected \"token\", got \"\(pool)\"")
        }
        let name = reader.string("timm_model_name") ?? ""
        let known = TimmArchitecture.byName[name]
        if known == nil {
            reader.report(
                "timm_model_name",
                "the architecture of \"\(name)\" is not in this file and not "
                    + "among those known (\(TimmArchitecture.byName.keys.sorted().joined(separator: ", ")))"
                    + NearestName.hint(name, in: TimmArchitecture.byName.keys.sorted())
                    + "; give the model in rei's form: embed_dim, text_cfg, and vision_cfg with "
                    + "eva_model_name, image_size, patch_size, width, layers, head_width, mlp_ratio, ..."
            )
        }
        var vision = known ?? TimmArchitecture.base
        let imageSize = reader.square("image_size", default: 224)
        if known != nil, imageSize != vision.imageSize {
            reader.report(
                "image_size",
                "\(imageSize) differs from the \(vision.imageSize) of "
                    + "timm's \(name)")
        }
        vision.dropPathRate = reader.number("timm_drop_path", default: 0)
        return vision
    }

    private func text(_ section: ObjectReader) -> TextConfiguration {
        var reader = section
        reader.ignore(Keys.textIgnored)
        reader.refuse(Keys.textRefused)
        if form == .paddleMIX { reader.ignore(Keys.paddleBookkeeping + ["embed_dim"]) }
        let width = reader.integer("width", default: 512)
        let text = TextConfiguration(
            contextLength: reader.integer("context_length", default: 77),
            vocabularySize: reader.integer("vocab_size", default: 49408),
            width: width,
            headCount: reader.integer("heads", default: 8),
            layerCount: reader.integer("layers", default: 12),
            mlpWidth: mlpWidth(&reader, width: width),
            layerNormEpsilon: reader.number("layer_norm_eps", default: 1e-5))
        reader.finish()
        return text
    }

    /// `int(width * mlp_ratio)`, as all three programs compute it.
    private func mlpWidth(_ reader: inout ObjectReader, width: Int) -> Int {
        let ratio = reader.number("mlp_ratio", default: 4)
        let hidden = Double(width) * ratio
        guard hidden >= 1, hidden < 1e9 else {
            reader.report("mlp_ratio", "\(ratio) times the width \(width) is no usable width")
            return 1
        }
        return Int(hidden)
    }
}
