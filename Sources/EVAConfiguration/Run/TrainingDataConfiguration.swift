/// What a run trains on, and how it is read.
public struct TrainingDataConfiguration: Codable, Sendable, Equatable {
    /// How training pictures are varied.
    public enum Augmentation: String, Codable, Sendable, CaseIterable {
        /// A random crop of 0.9 to 1.0 of the picture's area, resized, as in the original.
        case original
        /// The evaluation's transform.
        case none
    }

    /// How many samples may be unreadable before the run stops.
    public enum BadSampleLimit: Codable, Sendable, Equatable {
        /// A share of all samples, from 0 to 1.
        case share(Double)
        /// A number of samples.
        case count(Int)
    }

    /// The random change of training pictures' colours, in terms of torchvision's `ColorJitter`.
    public struct ColorJitter: Codable, Sendable, Equatable {
        /// How far brightness may be from 1.
        public var brightness: Double

        /// How far contrast may be from 1.
        public var contrast: Double

        /// How far saturation may be from 1.
        public var saturation: Double

        /// How much of a circle the hue may be turned, 0 to 0.5.
        public var hue: Double

        /// The probability that a picture is changed at all.
        public var probability: Double
    }

    /// The data set: `coco_clip`, `shapes`, `tensors:FILE`, or the path of a file list, table or shards.
    public var task: String

    /// The folder that holds `images/` and `annotations/`; nil for the data set's usual place.
    public var root: String?

    /// The column of a table that names the pictures.
    public var imageColumn: String

    /// The column of a table that holds the captions.
    public var captionColumn: String

    /// What separates a table's columns, one character; nil for what its name and first line say.
    public var separator: String?

    /// Whether a data set that is missing and can be downloaded is.
    public var downloads: Bool

    /// Samples per epoch of a data set that does not know its length.
    public var sampleCount: Int?

    /// How often each of several data sets is read beside one of factor 1; nil for evenly.
    public var upsamplingFactors: [Double]?

    /// Samples per process and micro-batch.
    public var batchSize: Int

    /// Whether each epoch has an order of its own; otherwise samples come in file order.
    public var shuffles: Bool

    /// How training pictures are cropped.
    public var augmentation: Augmentation

    /// Whether training pictures are mirrored with a probability of one half.
    public var flips: Bool

    /// The change of training pictures' colours; nil for none.
    public var colorJitter: ColorJitter?

    /// Probability that a training picture loses its colours.
    public var grayscale: Double

    /// Reader threads; 0 for a number that fits the machine.
    public var workerCount: Int

    /// How many samples may be unreadable before the run stops.
    public var badSampleLimit: BadSampleLimit

    /// Creates the default data configuration: COCO captions, shuffled, batches of 8.
    public init() {
        task = "coco_clip"
        root = nil
        imageColumn = "filepath"
        captionColumn = "title"
        separator = nil
        downloads = true
        sampleCount = nil
        upsamplingFactors = nil
        batchSize = 8
        shuffles = true
        augmentation = .original
        flips = false
        colorJitter = nil
        grayscale = 0
        workerCount = 0
        badSampleLimit = .share(0.01)
    }

    func validate(_ check: inout ValidationCheck) {
        check.require(!task.isEmpty, "--task_name", "expected a data set")
        check.flag("per_device_train_batch_size", batchSize)
        check.flag("dataloader_num_workers", workerCount)
        if let sampleCount { check.flag("train_num_samples", sampleCount) }
        if let separator {
            let isOne = separator.utf8.count == 1 && !["\"", "\n", "\r"].contains(separator)
            check.require(
                isOne, "--csv_separator",
                "expected one ASCII character other than a quote, or \\t, got \"\(separator)\"")
        }
        if let colorJitter {
            for amount in [colorJitter.brightness, colorJitter.contrast, colorJitter.saturation] {
                check.within(.from(0, to: 10), amount, "--color_jitter")
            }
            check.within(.from(0, to: 0.5), colorJitter.hue, "--color_jitter (the hue)")
            check.flag("color_jitter_prob", colorJitter.probability)
        }
        for factor in upsamplingFactors ?? [] {
            check.within(.above(0, to: 1000), factor, "--train_data_upsampling_factors")
        }
        check.flag("grayscale", grayscale)
        switch badSampleLimit {
        case .share(let share): check.within(.share, share, "--max_bad_samples")
        case .count(let count): check.flag("max_bad_samples", count)
        }
    }
}
