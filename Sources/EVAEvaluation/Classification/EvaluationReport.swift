/// What a zero-shot classification found.
public struct EvaluationReport: Codable, Sendable, Equatable {
    /// One class.
    public struct ClassResult: Codable, Sendable, Equatable {
        /// The name that the prompts used.
        public var name: String
        /// The folder of its pictures, where they came from folders.
        public var folder: String?
        /// How many of its pictures were evaluated.
        public var images: Int
        /// How many percent of them were right at once; nil without pictures.
        public var top1: Double?
        /// For how many percent the class was among the first five; nil without pictures.
        public var top5: Double?
    }

    /// A class that was often taken for others.
    public struct Confusion: Codable, Sendable, Equatable {
        /// How often it was taken for one other class.
        public struct Mistake: Codable, Sendable, Equatable {
            /// The name of the other class.
            public var name: String
            /// How many of the pictures were taken for it.
            public var images: Int
        }

        /// The name of the class.
        public var name: String
        /// How many of its pictures were evaluated.
        public var images: Int
        /// How many percent of them were right.
        public var top1: Double
        /// What it was taken for most often, at most three classes.
        public var takenFor: [Mistake]

        private enum CodingKeys: String, CodingKey {
            case name, images, top1
            case takenFor = "taken_for"
        }
    }

    /// The same figures under the names of CLIP_benchmark, as shares from 0 to 1.
    public struct Metrics: Codable, Sendable, Equatable {
        /// The share of pictures that were right.
        public var acc1: Double
        /// The share of pictures whose class was among the first five.
        public var acc5: Double
        /// The mean over the classes of the share that was right.
        public var meanPerClassRecall: Double

        private enum CodingKeys: String, CodingKey {
            case acc1, acc5
            case meanPerClassRecall = "mean_per_class_recall"
        }
    }

    /// How many percent of the pictures were right.
    public var top1: Double
    /// The bounds of the 95 % interval of `top1`, in percent.
    public var top1Interval: [Double]
    /// For how many percent of the pictures the class was among the first five.
    public var top5: Double
    /// How many pictures were evaluated.
    public var images: Int
    /// How many pictures could not be read and are left out of all figures.
    public var badImages: Int
    /// How many classes there were to choose from.
    public var classes: Int
    /// How long the evaluation took, the building of the classifier included.
    public var seconds: Double
    /// Every class in the order of the labels.
    public var perClass: [ClassResult]
    /// The ten classes that were right least often, worst first; classes without mistakes are not
    /// among them.
    public var confusions: [Confusion]
    /// The figures under the names of CLIP_benchmark.
    public var metrics: Metrics

    private enum CodingKeys: String, CodingKey {
        case top1, top5, images, classes, seconds, confusions, metrics
        case top1Interval = "top1_interval"
        case badImages = "bad_images"
        case perClass = "per_class"
    }
}
