internal import EVAConfiguration
internal import EVAData
internal import EVATensorFiles

/// Two pictures and four texts that a model is fed to see whether it still computes the same.
///
/// They are drawn from `SplitMix64(hashing: 5)`: first the bytes of the pictures, by picture, row,
/// column and channel, then the tokens, by text. The first picture is noise (the top byte of each
/// draw); the second is the mean of noise and ramps (red rises with the column, green with the row,
/// blue falls with the column). The texts have 3, 9, 25 and all tokens that the model takes, of which
/// the first and last are the marks of start and end, and the others 1 + draw mod (vocabulary - 3).
enum GoldenInputs {
    static let pictureCount = 2
    static let height = 192
    static let width = 256

    /// The pictures, `[2, 192, 256, 3]` in 8 bits, and the texts, `[4, context]` in 64.
    static func make(for configuration: ModelConfiguration) -> (
        pictures: HostTensor, texts: HostTensor
    ) {
        var random = SplitMix64(hashing: 5)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(pictureCount * height * width * 3)
        for picture in 0..<pictureCount {
            for y in 0..<height {
                for x in 0..<width {
                    for channel in 0..<3 {
                        let noise = Int(random.next() >> 56)
                        let ramp = [x, y * 255 / (height - 1), 255 - x][channel]
                        pixels.append(UInt8(picture == 0 ? noise : (noise + ramp) / 2))
                    }
                }
            }
        }
        let text = configuration.text
        let lengths = [3, 9, 25, text.contextLength].map { min($0, text.contextLength) }
        var ids: [Int64] = []
        for length in lengths {
            let words = (0..<max(0, length - 2)).map { _ in
                1 + Int64(random.next() % UInt64(max(1, text.vocabularySize - 3)))
            }
            let marks = [text.vocabularySize - 2, text.vocabularySize - 1].map(Int64.init)
            let sentence = length > 1 ? [marks[0]] + words + [marks[1]] : [marks[1]]
            ids += sentence + [Int64](repeating: 0, count: text.contextLength - sentence.count)
        }
        return (
            HostTensor(pixels, shape: [pictureCount, height, width, 3]),
            HostTensor(ids, shape: [lengths.count, text.contextLength])
        )
    }
}
