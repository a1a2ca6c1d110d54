/// How well texts find their images, and images their texts.
public struct RetrievalReport: Codable, Sendable, Equatable {
    /// How many percent of the queries had an answer among the first 1, 5 and 10.
    public struct Recalls: Codable, Sendable, Equatable {
        /// In the first place.
        public var at1: Double
        /// In the first five places.
        public var at5: Double
        /// In the first ten places.
        public var at10: Double

        private enum CodingKeys: String, CodingKey {
            case at1 = "r1"
            case at5 = "r5"
            case at10 = "r10"
        }
    }

    /// How many images there were.
    public var images: Int
    /// How many texts there were.
    public var texts: Int
    /// Texts as queries for their image.
    public var textToImage: Recalls
    /// Images as queries; any of an image's texts is an answer.
    public var imageToText: Recalls
    /// How many images could not be read and are left out, with their texts.
    public var badImages = 0
    /// How long the evaluation took.
    public var seconds = 0.0
    /// The same figures under the names of CLIP_benchmark, as shares from 0 to 1.
    public var metrics: [String: Double]

    private enum CodingKeys: String, CodingKey {
        case images, texts, seconds, metrics
        case badImages = "bad_images"
        case textToImage = "text_to_image"
        case imageToText = "image_to_text"
    }
}
