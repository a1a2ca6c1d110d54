extension FlagTable {
    static let evaluation: [FlagDefinition] = [
        .init(
            "classification_eval", .string, .string(""), .both,
            .differs(
                "needed only where something is evaluated; also takes bare class folders, whose "
                    + "names and sentences are then ImageNet's"), aliases: ["imagenet_val"],
            "The folder of labelled pictures: images/, labels.txt and templates.txt."),
        .init(
            "labels", .string, nil, .both, .added,
            "A file with the name of each class folder, in the order of the folders."),
        .init(
            "templates", .string, nil, .both, .added,
            "A file of sentences with {} where the name of a class goes."),
        .init(
            "classifier_cache", .bool, .bool(true), .eval, .added,
            "Keep the classifier for the next evaluation of the same weights and prompts."),
        .init(
            "retrieval_eval", .string, nil, .both, .added,
            "Captioned pictures to retrieve: a folder of images/ and annotations/, or a file."),
        .init(
            "retrieval_split", .choice(["val", "test"]), .string("test"), .both, .added,
            "The part of a folder of --retrieval_eval."),
        .init(
            "linear_probe", .string, nil, .eval, .added,
            "A folder of train/ and val/ to fit a linear classifier on the image features."),
        .init(
            "linear_probe_l2", .number, nil, .eval, .added,
            range: .from(0, to: 1e6),
            "The probe's L2 penalty, 1/C of scikit-learn; chosen on held-out pictures if not given."
        ),
        .init(
            "evaluation_strategy", .choice(["no", "steps", "epoch"]), .string("no"),
            .trainAcceptedByEval,
            .differs("the classifier is built anew from the present weights each time"),
            "When the model is evaluated in the course of training."),
        .init(
            "do_eval", .bool, .bool(false), .trainAcceptedByEval, .original,
            "The same as --evaluation_strategy steps."),
        .init(
            "eval_steps", .integer, nil, .trainAcceptedByEval, .original,
            range: .steps, "Steps from evaluation to evaluation; --logging_steps if not given."),
        .init(
            "zeroshot_frequency", .integer, .integer(1), .train, .added,
            range: .from(1, to: 1e6),
            "Epochs from evaluation to evaluation under --evaluation_strategy epoch."),
        .init(
            "max_evaluate_steps", .integer, .integer(-1), .both, .original,
            range: .from(-1, to: 1e12), "Batches after which an evaluation ends."),
        .init(
            "minimum_eval_times", .integer, nil, .trainAcceptedByEval,
            .differs("the interval is shortened exactly, not to a multiple of ten steps"),
            range: .from(1, to: 1e6),
            "Evaluations that a run has at least; a longer interval is shortened."),
        .init(
            "per_device_eval_batch_size", .integer, .integer(8), .both, .original,
            range: .batch, "Images per process and evaluation batch."),
        .init(
            "eval_accumulation_steps", .integer, nil, .both,
            .noEffect("features leave the device after every batch"),
            "In the original, batches whose features stay on the device."),
    ]
}
