public import Foundation

extension ModelConfiguration {
    /// Reads a model's JSON configuration in any of the three forms in which EVA-CLIP is published.
    ///
    /// The same keys mean different networks in different forms: where a file is silent, rei builds query
    /// and value biases and pools by the class token, PaddleMIX builds no such biases and pools by the
    /// mean. So the form is recognised first, by its vocabulary, in this order:
    ///
    /// 1. open_clip: `vision_cfg.timm_model_name` (whole files keep the model under `model_cfg`).
    ///    The name must be one of the published timm architectures.
    /// 2. PaddleMIX: `model_type`, `vision_config` or `text_config` at the top, or a key in the vision
    ///    section that only PaddleMIX has (`use_mean_pooling`, `inner_attn_ln`, ...).
    /// 3. rei (baaivision): `eva_model_name` or `global_average_pool` in the vision section.
    ///
    /// A file with none of these marks is refused, since its silence cannot be interpreted; so is a file
    /// that has both `use_mean_pooling` and `global_average_pool`. Unknown keys are refused with the
    /// nearest known one. Keys that choose kernels or outputs are accepted and ignored.
    ///
    /// - Parameters:
    ///   - json: The file's bytes.
    ///   - source: Its path, for the error text.
    /// - Throws: `ConfigurationError` with every problem found.
    public init(json: Data, source: String) throws {
        self = try ModelConfigurationReader.read(
            JSONParser.parse(json, source: source), source: source)
    }
}
