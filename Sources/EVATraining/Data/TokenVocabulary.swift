package import EVAConfiguration
package import EVAData
package import EVATokenizer

/// Whether a model can take the tokens that texts are made into.
package enum TokenVocabulary {
    /// - Throws: `DataError` for a model with fewer tokens than the tokenizer has, which can only be
    ///   given ready tensors.
    package static func check(_ model: ModelConfiguration, against tokenizer: CLIPTokenizer)
        throws(DataError)
    {
        guard model.text.vocabularySize >= tokenizer.vocabularySize else {
            throw DataError(
                "text_cfg.vocab_size",
                "the model knows \(model.text.vocabularySize) tokens, texts are made of "
                    + "\(tokenizer.vocabularySize); give ready tensors, or another model")
        }
    }
}
