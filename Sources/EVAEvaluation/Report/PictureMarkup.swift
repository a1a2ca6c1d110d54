internal import EVAImaging
internal import Foundation

/// Shows pictures: with their most likely captions, or as what a text finds.
enum PictureMarkup {
    /// PNG keeps drawings of few pixels sharp; photographs in it would make the page very large.
    private static let largestPNGSide = 128

    static func example(_ example: ReportContents.Example) throws -> Markup {
        try Markup("li", ["class": "card"]) {
            try image(example.picture, description: example.truth ?? "example picture")
            if let truth = example.truth { Markup("p", ["class": "truth"]) { truth } }
            Markup("ol", ["class": "guesses"]) {
                for guess in example.guesses { self.guess(guess) }
            }
        }
    }

    private static func guess(_ guess: ReportContents.Example.Guess) -> Markup {
        Markup("li", ["class": guess.isRight == true ? "right" : "other"]) {
            Markup("span", ["class": "caption"]) {
                guess.caption + (guess.isRight == true ? " \u{2713}" : "")
            }
            Markup("span", ["class": "value"]) { (100 * guess.probability).fixed(1) + " %" }
            Markup("span", ["class": "track"]) {
                Markup(
                    "i",
                    ["class": "solid", "style": "width:\((100 * guess.probability).fixed(2))%"])
            }
        }
    }

    static func search(_ search: ReportContents.Search) throws -> Markup {
        try Markup("div", ["class": "search"]) {
            Markup("p", ["class": "query"]) { "\u{201C}\(search.text)\u{201D}" }
            try Markup("ul", ["class": "hits"]) {
                for hit in search.hits {
                    try Markup("li", ["class": hit.isRight == true ? "right" : "other"]) {
                        try image(hit.picture, description: "picture found for: \(search.text)")
                        Markup("span", ["class": "value"]) {
                            hit.similarity.fixed(3) + (hit.isRight == true ? " \u{2713}" : "")
                        }
                    }
                }
            }
        }
    }

    private static func image(_ image: Image, description: String) throws -> Markup {
        let isSmall = max(image.width, image.height) <= largestPNGSide
        let bytes =
            try isSmall
            ? PNGEncoder.encode(image) : JPEGEncoder.encode(image.convertedToRGB(), quality: 85)
        let type = isSmall ? "png" : "jpeg"
        return Markup(
            "img",
            [
                "src": "data:image/\(type);base64,\(Data(bytes).base64EncodedString())",
                "width": "\(image.width)", "height": "\(image.height)", "alt": description,
            ])
    }
}
