import CImageCodecs

/// Random brightness, contrast, saturation and hue in a random order (torchvision's `ColorJitter`).
///
/// The changes have the bytes of torchvision on Pillow pictures; the draws are the generator's own.
public struct ColorJitter: Sendable, Equatable {
    /// One change of a picture's colours and how much of it.
    package enum Change: Sendable, Equatable {
        /// Away from black: 0 is black, 1 the picture.
        case brightness(Double)
        /// Away from the picture's mean gray.
        case contrast(Double)
        /// Away from each pixel's gray.
        case saturation(Double)
        /// Turns the hue, -0.5 to 0.5 of a circle.
        case hue(Double)
    }

    /// Brightness is multiplied by 1 plus or minus up to this, at least by 0.
    public let brightness: Double
    /// Contrast, likewise.
    public let contrast: Double
    /// Saturation, likewise.
    public let saturation: Double
    /// The hue is turned by up to this share of a circle, at most 0.5.
    public let hue: Double
    /// The probability that a picture is changed at all.
    public let probability: Double

    /// Describes the changes.
    ///
    /// - Parameters:
    ///   - brightness: How far brightness may be from 1; 0 leaves it.
    ///   - contrast: How far contrast may be from 1; 0 leaves it.
    ///   - saturation: How far saturation may be from 1; 0 leaves it.
    ///   - hue: How much of a circle the hue may be turned, 0 to 0.5.
    ///   - probability: The probability that a picture is changed at all.
    public init(
        brightness: Double, contrast: Double, saturation: Double, hue: Double,
        probability: Double = 1
    ) {
        guard min(brightness, contrast, saturation) >= 0, (0...0.5).contains(hue),
            (0...1).contains(probability)
        else {
            fatalError(
                """
                ColorJitter: brightness \(brightness), contrast \(contrast), saturation \
                \(saturation), hue \(hue) at a probability of \(probability)
                """)
        }
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue
        self.probability = probability
    }

    /// What is done to one picture, in order; nothing where the lot says so.
    package func changes(using generator: inout some RandomNumberGenerator) -> [Change] {
        guard generator.uniform(in: 0...1) < probability else { return [] }
        func factor(_ range: Double) -> Double {
            generator.uniform(in: max(0, 1 - range)...1 + range)
        }
        var changes: [Change] = []
        if brightness > 0 { changes.append(.brightness(factor(brightness))) }
        if contrast > 0 { changes.append(.contrast(factor(contrast))) }
        if saturation > 0 { changes.append(.saturation(factor(saturation))) }
        if hue > 0 { changes.append(.hue(generator.uniform(in: -hue...hue))) }
        for place in changes.indices.dropFirst() {
            changes.swapAt(place, generator.integer(upTo: place))
        }
        return changes
    }
}

extension Image {
    /// This picture, which is RGB, with its colours changed step by step.
    package func changed(by changes: [ColorJitter.Change]) -> Image {
        guard !changes.isEmpty else { return self }
        return mappingRGB { rgb, count in
            for change in changes {
                switch change {
                case .brightness(let factor): ic_adjust_brightness(rgb, count, Float(factor))
                case .contrast(let factor): ic_adjust_contrast(rgb, count, Float(factor))
                case .saturation(let factor): ic_adjust_saturation(rgb, count, Float(factor))
                case .hue(let turn):
                    ic_shift_hue(rgb, count, UInt8(truncatingIfNeeded: Int(turn * 255)))
                }
            }
        }
    }

    /// This picture, which is RGB, without its colours.
    package func withoutColors() -> Image {
        mappingRGB(ic_make_gray)
    }

    private func mappingRGB(_ body: (UnsafeMutablePointer<UInt8>?, Int) -> Void) -> Image {
        guard mode == .rgb else {
            fatalError("Image: colours of mode \(mode.rawValue) cannot be changed, only of RGB")
        }
        var bytes = pixels
        bytes.withUnsafeMutableBufferPointer { body($0.baseAddress, width * height) }
        return Image(
            width: width, height: height, mode: mode, pixels: bytes,
            exifOrientation: exifOrientation)
    }
}
