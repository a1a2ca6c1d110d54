extension EvaluationConfiguration {
    /// The evaluation that flags describe.
    ///
    /// - Parameter flags: Flags of `eval`.
    /// - Throws: `UsageError` with every contradiction and every value out of range.
    package init(flags: FlagValues) throws(UsageError) {
        var resolver = FlagResolver(flags)
        self.init(model: resolver.model)
        tasks = resolver.evaluationTasks
        batchSize = flags.integer("per_device_eval_batch_size")
        maxBatches = resolver.positive("max_evaluate_steps")
        keepsClassifiers = flags.bool("classifier_cache")
        workerCount = flags.integer("dataloader_num_workers")
        precision = resolver.precision()
        outputDirectory = flags.text("output_dir")
        showsProgress = !flags.bool("disable_tqdm")
        device = resolver.device()
        threadCount = flags.optionalInteger("threads")
        try resolver.finish(validate())
    }
}
