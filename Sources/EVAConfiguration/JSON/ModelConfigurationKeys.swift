/// The keys of the three JSON forms that do not describe the network.
///
/// `ignored` keys choose kernels, outputs of programs, or initial values. `refused` keys describe
/// networks that none of the published models is; beside each stand the values that ask for nothing.
enum ModelConfigurationKeys {
    /// Top level of any form.
    static let topIgnored = [
        "custom_text", "cast_dtype", "output_dict", "init_logit_scale", "nonscalar_logit_scale",
        "fusedlinear", "flash_attn", "preprocess_cfg",
    ]
    static let topRefused: [String: [JSONValue]] = [
        "quick_gelu": [.bool(false)], "multimodal_cfg": [],
    ]

    /// Kernel choices that both towers know.
    static let kernelChoices = [
        "xattn", "fusedLN", "fusedlinear", "flash_attn", "enable_recompute",
    ]

    static let visionIgnored =
        kernelChoices + [
            "eva_model_name", "init_scale", "n_queries", "attn_pooler_queries", "attn_pooler_heads",
        ]
    static let visionRefused: [String: [JSONValue]] = [
        "ls_init_value": [.integer(0)], "init_values": [.integer(0)],
        "use_rel_pos_bias": [.bool(false)], "use_shared_rel_pos_bias": [.bool(false)],
        "use_abs_pos_emb": [.bool(true)], "attentional_pool": [.bool(false)],
        "output_tokens": [.bool(false)], "token_feats": [.bool(false)],
        "in_chans": [.integer(3)], "qk_scale": [], "drop_rate": [.integer(0)],
        "attn_drop_rate": [.integer(0)], "fuse_qv": [.bool(false)], "quick_gelu": [.bool(false)],
    ]

    /// What open_clip reads from the named timm architecture instead.
    static let timmOverridden = ["layers", "width", "head_width", "mlp_ratio", "patch_size"]
    static let timmIgnored = ["timm_model_pretrained", "timm_proj_bias"]
    static let timmRefused: [String: [JSONValue]] = [
        "timm_drop": [.integer(0)], "timm_proj": [.string("")],
    ]

    static let textIgnored =
        kernelChoices + [
            "pad_id", "eos_id", "proj", "pooler_type", "hf_model_pretrained", "hf_proj_type",
            "hf_pooler_type",
        ]
    static let textRefused: [String: [JSONValue]] = [
        "ls_init_value": [.integer(0)], "embed_cls": [.bool(false)],
        "output_tokens": [.bool(false)], "quick_gelu": [.bool(false)],
        "attn_mask": [.bool(true)], "masked_language_modeling": [.bool(false)],
        "hf_model_name": [], "hf_tokenizer_name": [], "tokenizer_mode": [], "tokenizer_kwargs": [],
        "no_causal_mask": [.bool(false)], "final_ln_after_pool": [.bool(false)],
        "pool_type": [.string("argmax")], "proj_bias": [.bool(false)],
        "proj_type": [.string("linear")], "act_kwargs": [], "norm_kwargs": [], "block_type": [],
        "qk_norm": [.bool(false)], "scaled_cosine_attn": [.bool(false)],
        "scale_heads": [.bool(false)], "scale_attn_inner": [.bool(false)],
        "scale_attn": [.bool(false)], "scale_fc": [.bool(false)],
    ]

    /// What PaddleNLP's base configuration adds to every file it saves.
    static let paddleBookkeeping = [
        "architectures", "dtype", "model_type", "paddlenlp_version", "paddlemix_version",
        "return_dict", "output_hidden_states", "output_attentions", "use_cache", "pruned_heads",
        "tie_word_embeddings", "is_encoder_decoder", "is_decoder", "num_labels", "id2label",
        "label2id", "tokenizer_class", "bos_token_id", "eos_token_id", "pad_token_id",
        "name_or_path", "_name_or_path", "tensor_parallel_degree", "tensor_parallel_output",
        "tensor_parallel_rank", "classifier_dropout", "problem_type",
    ]

    /// Keys that only PaddleMIX's vision tower has: they tell its form from rei's.
    static let paddleVisionMarks = [
        "use_mean_pooling", "init_values", "inner_attn_ln", "use_abs_pos_emb", "use_rel_pos_bias",
        "use_shared_rel_pos_bias", "in_chans", "fusedlinear", "flash_attn", "fuse_qv",
        "token_feats", "n_queries", "drop_rate", "attn_drop_rate", "qk_scale", "init_scale",
        "enable_recompute", "embed_dim",
    ]

    /// Keys that only rei's vision tower has.
    static let reiVisionMarks = ["eva_model_name", "global_average_pool"]
}
