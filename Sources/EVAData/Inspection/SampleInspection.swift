internal import EVAImaging
internal import EVATokenizer

/// Looks at a sample as training would read it, without making input of a model.
struct SampleInspection: SampleWork {
    let tokenizer: CLIPTokenizer
    let limits: ImageLimits

    var pictureCount: Int { 0 }

    func prepare(
        _ sample: Sample, index: Int, epoch: Int, name: String,
        into pixels: UnsafeMutableBufferPointer<Float>
    ) throws -> DataStatistics.Facts {
        var facts = try pictureFacts(sample.picture, name: name)
        // What a stream has decoded came from a file all the same.
        if let format = sample.pictureFormat { facts.format = format }
        if let key = sample.pictureKey { facts.pictureHash = key }
        switch sample.text {
        case .caption(let text):
            facts.tokens = tokenizer.encode(text).count
            facts.textHash = StableHash.of(text.utf8)
        case .tokens(let ids):
            facts.tokens = (ids.firstIndex(of: tokenizer.endOfText) ?? ids.count - 1) + 1
            facts.textHash = ids.withUnsafeBytes { StableHash.of($0) }
        case nil: break
        }
        return facts
    }

    private func pictureFacts(
        _ picture: Sample.Picture, name: String
    ) throws -> DataStatistics.Facts {
        func decoded(_ bytes: [UInt8], name: String) throws -> DataStatistics.Facts {
            let image = try ImageDecoder.decode(bytes, name: name, limits: limits)
            return DataStatistics.Facts(
                width: image.width, height: image.height,
                format: ImageDecoder.formatName(of: bytes) ?? "unknown",
                pictureHash: bytes.withUnsafeBytes { StableHash.of($0) })
        }
        switch picture {
        case .file(let path):
            return try decoded(PictureFile.contents(of: path, limits: limits), name: path)
        case .encoded(let bytes): return try decoded(bytes, name: name)
        case .pixels(let image):
            return DataStatistics.Facts(
                width: image.width, height: image.height, format: "drawn",
                pictureHash: image.pixels.withUnsafeBytes { StableHash.of($0) })
        case .floats(let floats):
            let side = Int((Double(floats.count) / 3).squareRoot())
            return DataStatistics.Facts(
                width: side, height: side, format: "ready",
                pictureHash: floats.withUnsafeBytes { StableHash.of($0) })
        }
    }
}
