public import EVAImaging

/// What a run's report shows: plain values, so that a report can be made without a model.
///
/// Parts that are empty are left out of the page.
public struct ReportContents: Sendable {
    /// A number that sums up the run.
    public struct Figure: Sendable {
        /// What the number is.
        public var label: String
        /// The number with its unit.
        public var value: String
        /// What helps to judge it, such as chance.
        public var note: String?

        /// Describes a number.
        ///
        /// - Parameters:
        ///   - label: What the number is.
        ///   - value: The number with its unit.
        ///   - note: What helps to judge it.
        public init(label: String, value: String, note: String? = nil) {
            self.label = label
            self.value = value
            self.note = note
        }
    }

    /// Curves over one horizontal axis.
    public struct Chart: Sendable {
        /// One curve.
        public struct Series: Sendable {
            /// What the legend calls it.
            public var name: String
            /// Its points from left to right; those that are not finite are left out.
            public var points: [SIMD2<Double>]
            /// Which of the page's colours it has.
            public var color = 0
            /// Which of the page's dashes it has; 0 is a whole line.
            public var dash = 0

            /// Describes a curve.
            ///
            /// - Parameters:
            ///   - name: What the legend calls it.
            ///   - points: Its points from left to right.
            public init(name: String, points: [SIMD2<Double>]) {
                self.name = name
                self.points = points
            }
        }

        /// What the chart shows.
        public var title: String
        /// What the horizontal axis counts.
        public var horizontalLabel: String
        /// The curves, laid over each other.
        public var series: [Series]

        /// Describes a chart.
        ///
        /// - Parameters:
        ///   - title: What the chart shows.
        ///   - horizontalLabel: What the horizontal axis counts.
        ///   - series: The curves.
        public init(title: String, horizontalLabel: String = "step", series: [Series]) {
            self.title = title
            self.horizontalLabel = horizontalLabel
            self.series = series
        }
    }

    /// A picture with the captions that the model finds most fitting.
    public struct Example: Sendable {
        /// A caption and how likely the model finds it among all that it could choose from.
        public struct Guess: Sendable {
            /// The caption.
            public var caption: String
            /// The probability, from 0 to 1.
            public var probability: Double
            /// Whether it is right; nil where that is not known.
            public var isRight: Bool?

            /// Describes a guess.
            ///
            /// - Parameters:
            ///   - caption: The caption.
            ///   - probability: The probability, from 0 to 1.
            ///   - isRight: Whether it is right.
            public init(caption: String, probability: Double, isRight: Bool? = nil) {
                self.caption = caption
                self.probability = probability
                self.isRight = isRight
            }
        }

        /// The picture.
        public var picture: Image
        /// What it shows; nil where that is not known.
        public var truth: String?
        /// The most likely captions, most likely first.
        public var guesses: [Guess]

        /// Describes an example.
        ///
        /// - Parameters:
        ///   - picture: The picture.
        ///   - truth: What it shows.
        ///   - guesses: The most likely captions, most likely first.
        public init(picture: Image, truth: String? = nil, guesses: [Guess]) {
            self.picture = picture
            self.truth = truth
            self.guesses = guesses
        }
    }

    /// A text with the pictures that lie nearest to it.
    public struct Search: Sendable {
        /// A picture that was found.
        public struct Hit: Sendable {
            /// The picture.
            public var picture: Image
            /// The cosine of the angle to the text.
            public var similarity: Double
            /// Whether it shows what the text says; nil where that is not known.
            public var isRight: Bool?

            /// Describes a hit.
            ///
            /// - Parameters:
            ///   - picture: The picture.
            ///   - similarity: The cosine of the angle to the text.
            ///   - isRight: Whether it shows what the text says.
            public init(picture: Image, similarity: Double, isRight: Bool? = nil) {
                self.picture = picture
                self.similarity = similarity
                self.isRight = isRight
            }
        }

        /// The text.
        public var text: String
        /// What was found, nearest first.
        public var hits: [Hit]

        /// Describes a search.
        ///
        /// - Parameters:
        ///   - text: The text.
        ///   - hits: What was found, nearest first.
        public init(text: String, hits: [Hit]) {
            self.text = text
            self.hits = hits
        }
    }

    /// Rows of texts under headings; texts that are numbers stand at the right.
    public struct Table: Sendable, Equatable {
        /// What the table shows.
        public var title: String
        /// The headings of the columns.
        public var columns: [String]
        /// The rows, each as long as the headings.
        public var rows: [[String]]

        /// Describes a table.
        ///
        /// - Parameters:
        ///   - title: What the table shows.
        ///   - columns: The headings of the columns.
        ///   - rows: The rows, each as long as the headings.
        public init(title: String, columns: [String], rows: [[String]]) {
            self.title = title
            self.columns = columns
            self.rows = rows
        }
    }

    /// A setting of the run.
    public struct Setting: Sendable, Equatable {
        /// Its name, with dots between levels.
        public var name: String
        /// Its value.
        public var value: String

        /// Describes a setting.
        ///
        /// - Parameters:
        ///   - name: Its name, with dots between levels.
        ///   - value: Its value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The heading of the page.
    public var title: String
    /// A sentence below the heading.
    public var subtitle: String
    /// The numbers that sum up the run.
    public var figures: [Figure] = []
    /// The curves; the first is the widest.
    public var charts: [Chart] = []
    /// The zero-shot evaluation.
    public var evaluation: EvaluationReport?
    /// Pictures with their most likely captions.
    public var examples: [Example] = []
    /// Texts with their nearest pictures.
    public var searches: [Search] = []
    /// Tables of figures and of differences.
    public var tables: [Table] = []
    /// The resolved configuration.
    public var settings: [Setting] = []

    /// Creates an empty report.
    ///
    /// - Parameters:
    ///   - title: The heading of the page.
    ///   - subtitle: A sentence below the heading.
    public init(title: String, subtitle: String) {
        self.title = title
        self.subtitle = subtitle
    }
}
