/// What a linear probe found.
public struct LinearProbeReport: Codable, Sendable, Equatable {
    /// The same figures under the names of CLIP_benchmark, as shares from 0 to 1.
    public struct Metrics: Codable, Sendable, Equatable {
        /// The share of pictures that were right.
        public var acc1: Double
        /// The share of pictures whose class was among the first five.
        public var acc5: Double
        /// The mean over the classes of the share that was right.
        public var meanPerClassRecall: Double

        private enum CodingKeys: String, CodingKey {
            case acc1 = "lp_acc1"
            case acc5 = "lp_acc5"
            case meanPerClassRecall = "lp_mean_per_class_recall"
        }
    }

    /// How many percent of the evaluated pictures were right.
    public var top1: Double
    /// The bounds of the 95 % interval of `top1`, in percent.
    public var top1Interval: [Double]
    /// For how many percent of the pictures the class was among the first five.
    public var top5: Double
    /// How many pictures were evaluated.
    public var images: Int
    /// How many pictures the classifier was fitted to.
    public var trainingImages: Int
    /// How many pictures, of both kinds, could not be read.
    public var badImages: Int
    /// How many classes there were to choose from.
    public var classes: Int
    /// The strength of the penalty: one over scikit-learn's `C`.
    public var l2: Double
    /// How many training pictures were held out to choose it; 0 where it was given.
    public var heldOutImages: Int
    /// How many percent of these were right; nil where the strength was given.
    public var heldOutTop1: Double?
    /// Steps of the final fit.
    public var iterations: Int
    /// Whether the final fit reached its minimum.
    public var converged: Bool
    /// How long it took, the encoding of all pictures included.
    public var seconds: Double
    /// The figures under the names of CLIP_benchmark.
    public var metrics: Metrics

    private enum CodingKeys: String, CodingKey {
        case top1, top5, images, classes, l2, iterations, converged, seconds, metrics
        case top1Interval = "top1_interval"
        case trainingImages = "training_images"
        case badImages = "bad_images"
        case heldOutImages = "held_out_images"
        case heldOutTop1 = "held_out_top1"
    }

    /// The report as lines of text for a console.
    ///
    /// - Returns: The lines, each ending with a newline.
    public func table() -> String {
        let choice = heldOutTop1.map {
            "chosen on \(heldOutImages) held-out pictures, \($0.fixed(2)) % of which were right"
        }
        return [
            "linear probe: \(images) images, \(classes) classes, \(trainingImages) to learn from, "
                + "\(seconds.fixed(1)) s"
                + (badImages > 0 ? ", \(badImages) unreadable images left out" : ""),
            "top-1 \(top1.fixed(2)) % (95 % interval \(top1Interval[0].fixed(2)) "
                + "to \(top1Interval[1].fixed(2)))", "top-5 \(top5.fixed(2)) %",
            "mean per-class recall \((100 * metrics.meanPerClassRecall).fixed(2)) %",
            "L2 penalty \(l2), \(choice ?? "as given"); \(iterations) iterations"
                + (converged ? "" : ", not converged"),
        ].joined(separator: "\n") + "\n"
    }
}
