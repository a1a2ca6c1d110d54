/// Text that cleaning only puts in lower case, as nearly all captions are.
enum PlainText {
    /// Copies text in lower case, if it is plain.
    ///
    /// - Returns: Whether the text is ASCII without an ampersand, which could begin a character
    ///   reference, and without control characters but white space. If not, `cleaned` holds
    ///   nothing of use.
    static func lowercase(
        _ text: UnsafeBufferPointer<UInt8>, into cleaned: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var isPlain = true
        for index in text.indices {
            let byte = text[index]
            let isCapital = byte &- UInt8(ascii: "A") < 26
            cleaned[index] = byte | (isCapital ? 0x20 : 0)
            let isVisible = byte &- 0x20 < 0x5F && byte != UInt8(ascii: "&")
            let isSpace = byte &- 0x09 < 5 && byte != 0x0B
            isPlain = isPlain && (isVisible || isSpace)
        }
        return isPlain
    }
}
