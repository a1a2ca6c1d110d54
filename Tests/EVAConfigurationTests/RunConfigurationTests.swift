import EVAConfiguration
import Foundation
import Testing

@Suite("Runs described by flags")
struct RunConfigurationTests {
    private func training(_ arguments: String) throws -> TrainingConfiguration {
        let words = ("--output_dir out " + arguments).split(separator: " ").map(String.init)
        return try TrainingConfiguration(flags: FlagParser.parse(words, verb: .train))
    }

    private func evaluation(_ arguments: String) throws -> EvaluationConfiguration {
        let words = arguments.split(separator: " ").map(String.init)
        return try EvaluationConfiguration(flags: FlagParser.parse(words, verb: .eval))
    }

    @Test("The table's defaults and the values' defaults are the same")
    func defaults() throws {
        let model = ModelSource(name: "paddlemix/EVA/EVA02-CLIP-L-14")
        #expect(try training("") == TrainingConfiguration(model: model, outputDirectory: "out"))
        var loaded = model
        loaded.loadsWeights = true
        var expected = EvaluationConfiguration(model: loaded)
        expected.tasks.classification = "d"
        #expect(try evaluation("--classification_eval d") == expected)
    }

    @Test("The original's training command is understood as it stands")
    func originalTrainingCommand() throws {
        let run = try training(
            """
            --dataloader_num_workers=2 --per_device_train_batch_size 16 --per_device_eval_batch_size 8 \
            --model paddlemix/EVA/EVA02-CLIP-L-14 --optimizer lamb --warmup_steps 2000 \
            --learning_rate 5e-4 --visual_lr 2e-4 --text_lr 2e-5 --weight_decay 0.05 --visual_wd 0.05 \
            --text_wd 0.05 --layer_decay 1.0 --visual_ld 0.75 --text_ld 0.75 --adam_beta1 0.9 \
            --adam_beta2 0.999 --adam_epsilon 1e-8 --max_grad_norm 5.0 --num_train_epochs 200 \
            --tensor_parallel_degree 1 --sharding_parallel_degree 8 --sharding stage2 --bf16 False \
            --output_dir ./output --logging_steps 1 --do_train --disable_tqdm True --save_steps 50000 \
            --local_loss true --gather_with_grad true \
            --pretrained_text_model paddlemix/EVA/EVA02-CLIP-L-14 --classification_eval imagenet
            """)
        #expect(run.model.name == "paddlemix/EVA/EVA02-CLIP-L-14" && !run.model.loadsWeights)
        #expect(run.data.batchSize == 16 && run.data.workerCount == 2)
        #expect(run.optimization.optimizer == .lamb && run.optimization.resolvedEpsilon == 1e-8)
        #expect(run.optimization.logitScaleLearningRate == 5e-4)
        #expect(run.optimization.schedule.warmupSteps == 2000)
        #expect(run.optimization.maxGradientNorm == 5 && run.optimization.epochs == 200)
        #expect(run.loss.isLocal && run.loss.gathersWithGradient)
        #expect(run.distribution.shardingStage == 2 && run.distribution.shardingDegree == 8)
        #expect(run.precision.compute == .float32 && run.outputDirectory == "./output")
        #expect(run.logging.everySteps == 1 && !run.logging.showsProgress)
        #expect(
            run.checkpoints.everySteps == 50000 && run.evaluation.tasks.classification == "imagenet"
        )
    }

    @Test("The original's evaluation command is understood as it stands")
    func originalEvaluationCommand() throws {
        let run = try evaluation(
            """
            --per_device_eval_batch_size 32 --dataloader_num_workers=2 \
            --model paddlemix/EVA/EVA02-CLIP-L-14 --fp16 False \
            --pretrained_text_model EVA02-CLIP-L-14 --classification_eval imagenet \
            --output_dir output --disable_tqdm True
            """)
        #expect(
            run.batchSize == 32 && run.workerCount == 2 && run.tasks.classification == "imagenet")
        #expect(run.outputDirectory == "output" && !run.showsProgress && run.model.loadsWeights)
    }

    @Test("open_clip's names of flags mean what they mean there")
    func aliases() throws {
        let run = try training(
            """
            --batch-size 4 --lr 1e-3 --wd 0.2 --warmup 10 --grad-clip-norm 2 --workers 3 \
            --precision pure_bf16 --accum-freq 8 --visual-lr 1e-4 --force-patch-dropout 0.5 \
            --grad-checkpointing --resume latest --epochs 3 --lr-scheduler constant
            """)
        #expect(run.data.batchSize == 4 && run.data.workerCount == 3)
        #expect(run.optimization.logitScaleLearningRate == 1e-3)
        #expect(run.optimization.visual.learningRate == 1e-4)
        #expect(run.optimization.schedule.kind == .constant && run.optimization.epochs == 3)
        #expect(
            run.precision
                == {
                    var precision = PrecisionConfiguration(
                        compute: .bfloat16, usesMasterWeights: true)
                    precision.recomputesActivations = true
                    return precision
                }())
        #expect(run.loss.accumulation == 8 && run.model.patchDropout == 0.5)
        #expect(run.checkpoints.resumeFrom == "latest")
    }

    @Test(
        "Number formats follow from their flags",
        arguments: [
            ("--bf16", PrecisionConfiguration.ComputeType.bfloat16, false),
            ("--bf16 --fp16_opt_level O2", .bfloat16, true), ("--fp16 true", .float16, false),
            ("--fp16 --fp16_opt_level o2", .float16, true),
            ("--bf16 --fp16_opt_level O0", .float32, false),
            ("--precision amp", .float16, false), ("--precision amp_bf16", .bfloat16, false),
            ("--precision fp32 --fp16_opt_level O2", .float32, false),
        ])
    func precisions(
        arguments: String, compute: PrecisionConfiguration.ComputeType, masters: Bool
    ) throws {
        let precision = try training(arguments).precision
        #expect(precision.compute == compute && precision.usesMasterWeights == masters)
    }

    @Test("A tower whose layer decay is 0 takes the common one")
    func layerDecay() throws {
        let run = try training("--layer_decay 0.9 --visual_ld 0 --text_ld 0.6")
        #expect(run.optimization.visual.layerDecay == 0.9)
        #expect(run.optimization.text.layerDecay == 0.6)
    }

    @Test("Limits of bad samples are a share or a count")
    func badSamples() throws {
        #expect(try training("").data.badSampleLimit == .share(0.01))
        #expect(try training("--max_bad_samples 0").data.badSampleLimit == .share(0))
        #expect(try training("--max_bad_samples 12").data.badSampleLimit == .count(12))
    }

    @Test("Epsilon has each optimizer's own default")
    func epsilons() throws {
        #expect(try training("").optimization.resolvedEpsilon == 1e-6)
        #expect(try training("--optimizer AdamW").optimization.resolvedEpsilon == 1e-8)
    }

    @Test("Evaluation in the course of training follows from its flags")
    func evaluationSchedule() throws {
        let folder = "--classification_eval d "
        #expect(try training(folder).evaluation.schedule == .never)
        #expect(
            try training(folder + "--do_eval --logging_steps 7").evaluation.schedule == .steps(7))
        #expect(
            try training(folder + "--evaluation_strategy steps --eval_steps 3").evaluation.schedule
                == .steps(3))
        #expect(
            try training(folder + "--evaluation_strategy epoch --zeroshot_frequency 2").evaluation
                .schedule == .epochs(2))
    }

    @Test(
        "Contradictions and values out of range are usage errors, all at once",
        arguments: [
            ("--bf16 --fp16", "--bf16 and --fp16"), ("--bf16 --precision bf16", "same thing"),
            ("--warmup_steps 10 --max_steps 10", "--warmup_steps: the warm-up of 10 steps"),
            ("--do_eval", "--classification_eval"), ("--sharding stage4", "--sharding"),
            ("--sharding offload", "goes with one of"),
            ("--pipeline_parallel_degree 2", "not divided"),
            ("--per_device_train_batch_size 0", "from 1 to 1048576"),
            ("--adam_beta1 1", "--adam_beta1"),
            ("--device tpu", "--device"), ("--no_cuda --device cuda:1", "contradicts"),
            ("--seed -1", "--seed"), ("--num_train_epochs 0", "--num_train_epochs"),
            ("--load_best_model_at_end", "--evaluation_strategy"),
            ("--lr_scheduler_type constant_with_cooldown", "--cooldown_steps"),
            ("--report_to wandbb", "--report_to"), ("--patch_dropout 1", "--patch_dropout"),
            ("--max_bad_samples -1", "--max_bad_samples"), ("--save_total_limit 0", "from 1 to"),
        ])
    func problems(arguments: String, expected: String) {
        #expect(throws: UsageError.self) { _ = try training(arguments) }
        #expect(errorText { _ = try training(arguments) }.contains(expected))
    }

    @Test("A run without an output folder, and an evaluation without images, are refused")
    func missingFolders() {
        #expect(
            errorText { _ = try TrainingConfiguration(flags: FlagValues(verb: .train)) }
                .contains("--output_dir: expected a folder"))
        #expect(
            errorText { _ = try EvaluationConfiguration(flags: FlagValues(verb: .eval)) }
                .contains("--classification_eval"))
    }

    @Test("The length of the data decides whether a warm-up fits")
    func warmupAgainstLength() throws {
        let run = try training("--warmup_steps 100")
        #expect(run.validate() == [] && run.validate(totalSteps: 101) == [])
        #expect(run.validate(totalSteps: 100).map(\.keyPath) == ["--warmup_steps"])
        let share = try training("--warmup_ratio 0.1")
        #expect(share.optimization.schedule.resolvedWarmupSteps(totalSteps: 95) == 10)
        #expect(share.validate(totalSteps: 1).map(\.keyPath) == ["--warmup_steps"])
    }

    @Test("A configuration survives JSON")
    func codable() throws {
        let run = try training("--max_bad_samples 5 --do_eval --classification_eval d --bf16")
        let data = try JSONEncoder().encode(run)
        #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: data) == run)
    }
}
