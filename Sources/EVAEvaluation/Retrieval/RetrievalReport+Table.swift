extension RetrievalReport {
    /// The report as lines of text for a console.
    ///
    /// - Returns: The lines, each ending with a newline.
    public func table() -> String {
        func line(_ name: String, _ recalls: Recalls) -> String {
            let figures = [recalls.at1, recalls.at5, recalls.at10].map { value in
                let text = value.fixed(2)
                return String(repeating: " ", count: max(0, 8 - text.count)) + text
            }
            return name + figures.joined()
        }
        return [
            "\(images) images, \(texts) texts, \(seconds.fixed(1)) s"
                + (badImages > 0 ? ", \(badImages) unreadable images left out" : ""),
            "recall, %           at 1    at 5   at 10", line("text to image  ", textToImage),
            line("image to text  ", imageToText),
        ].joined(separator: "\n") + "\n"
    }
}
