/// Turns flags into components of a configuration, collecting what contradicts itself.
struct FlagResolver {
    let flags: FlagValues
    private(set) var problems: [String] = []

    init(_ flags: FlagValues) { self.flags = flags }

    /// Throws what was collected, and what the finished configuration says about itself.
    func finish(_ validation: [ConfigurationProblem]) throws(UsageError) {
        let all = problems + validation.map(\.description)
        guard all.isEmpty else { throw UsageError(all) }
    }

    mutating func report(_ problem: String) { problems.append(problem) }

    /// An enumeration's case of the flag's word.
    func choice<Choice: RawRepresentable<String>>(_ name: String) -> Choice {
        guard let word = flags.text(name), let choice = Choice(rawValue: word) else {
            fatalError("the flag --\(name) admits a word that \(Choice.self) does not have")
        }
        return choice
    }

    /// A count for which the original writes -1, or 0, where it means none.
    func positive(_ name: String) -> Int? {
        flags.optionalInteger(name).flatMap { $0 > 0 ? $0 : nil }
    }

    // MARK: Components of both verbs

    var model: ModelSource {
        ModelSource(
            name: flags.text("model") ?? "",
            configurationFile: flags.text("config"),
            loadsWeights: flags.verb == .eval || flags.bool("pretrained"),
            imageSize: flags.optionalInteger("image_size"),
            patchSize: flags.optionalInteger("patch_size"),
            resizeRule: choice("resize_rule"),
            exifOrientation: flags.text("exif_orientation").flatMap {
                PreprocessingConfiguration.ExifOrientation(rawValue: $0)
            },
            patchDropout: flags.optionalNumber("patch_dropout"),
            allowedMissing: flags.list("allow_missing"))
    }

    var evaluationTasks: EvaluationTasks {
        var tasks = EvaluationTasks()
        tasks.classification = nonEmpty("classification_eval")
        tasks.labels = nonEmpty("labels")
        tasks.templates = nonEmpty("templates")
        tasks.retrieval = nonEmpty("retrieval_eval")
        tasks.retrievalSplit = choice("retrieval_split")
        if flags.verb == .eval {
            tasks.linearProbe = nonEmpty("linear_probe")
            tasks.linearProbeL2 = flags.optionalNumber("linear_probe_l2")
        }
        return tasks
    }

    /// A text, for which the original writes the empty one where it means none.
    private func nonEmpty(_ name: String) -> String? {
        flags.text(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    mutating func device() -> String {
        let name = (flags.text("device") ?? "auto").lowercased()
        let device = name.hasPrefix("gpu") ? "cuda" + name.dropFirst(3) : name
        let isCUDA =
            device == "cuda"
            || (device.hasPrefix("cuda:") && UInt16(device.dropFirst("cuda:".count)) != nil)
        if !isCUDA, device != "cpu", device != "auto" {
            report("--device: expected auto, cpu, cuda or cuda:N, got \"\(name)\"")
        }
        guard flags.bool("no_cuda") else { return device }
        if isCUDA { report("--no_cuda contradicts --device \(name)") }
        return "cpu"
    }

    mutating func precision() -> PrecisionConfiguration {
        var (compute, usesMasterWeights) = precisionWord() ?? precisionFlags()
        if flags.text("fp16_opt_level") == "O0" { compute = .float32 }
        if compute == .float32 { usesMasterWeights = false }
        var precision = PrecisionConfiguration(
            compute: compute, usesMasterWeights: usesMasterWeights)
        precision.initialLossScale = flags.number("scale_loss")
        precision.maxNonfiniteSteps = flags.integer("max_nonfinite_steps")
        precision.recomputesActivations = flags.bool("recompute")
        return precision
    }

    private mutating func precisionFlags() -> (PrecisionConfiguration.ComputeType, Bool) {
        let usesMasterWeights = flags.text("fp16_opt_level") == "O2"
        if flags.bool("bf16"), flags.bool("fp16") {
            report("--bf16 and --fp16 exclude each other")
        }
        if flags.bool("bf16") { return (.bfloat16, usesMasterWeights) }
        return (flags.bool("fp16") ? .float16 : .float32, usesMasterWeights)
    }

    /// open_clip's words; its `amp` is 16-bit IEEE.
    private mutating func precisionWord() -> (PrecisionConfiguration.ComputeType, Bool)? {
        guard let word = flags.text("precision") else { return nil }
        if flags.bool("bf16") || flags.bool("fp16") {
            report("--precision \(word) and --bf16 or --fp16 say the same thing; give one")
        }
        let usesMasterWeights = word.hasPrefix("pure_") || flags.text("fp16_opt_level") == "O2"
        if word == "fp32" { return (.float32, false) }
        return (word.contains("bf") ? .bfloat16 : .float16, usesMasterWeights)
    }
}
