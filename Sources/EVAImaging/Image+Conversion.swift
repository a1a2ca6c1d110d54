import CImageCodecs

extension Image {
    /// This picture as RGB, with the results of Pillow's `convert("RGB")`.
    ///
    /// Opacity is dropped, not blended; 16-bit gray is clipped at 255, not scaled.
    public func convertedToRGB() -> Image {
        guard mode != .rgb else { return self }
        let bytes = [UInt8](unsafeUninitializedCapacity: width * height * 3) { output, count in
            pixels.withUnsafeBufferPointer { input in
                palette.withUnsafeBufferPointer { palette in
                    ic_convert_to_rgb(
                        input.baseAddress, width * height, mode.code, palette.baseAddress,
                        output.baseAddress)
                }
            }
            count = output.count
        }
        return Image(
            width: width, height: height, mode: .rgb, pixels: bytes,
            exifOrientation: exifOrientation)
    }

    /// Colour multiplied by opacity, so that neighbours mix by how much of them is seen.
    func premultiplied() -> Image {
        mappingPixels(ic_premultiply)
    }

    /// The inverse of ``premultiplied()``, up to rounding.
    func unpremultiplied() -> Image {
        mappingPixels(ic_unpremultiply)
    }

    private func mappingPixels(
        _ function: (UnsafePointer<UInt8>?, Int, Int32, UnsafeMutablePointer<UInt8>?) -> Void
    ) -> Image {
        let bytes = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            pixels.withUnsafeBufferPointer { input in
                function(
                    input.baseAddress, width * height, Int32(mode.bytesPerPixel),
                    output.baseAddress)
            }
            count = pixels.count
        }
        return Image(
            width: width, height: height, mode: mode, pixels: bytes,
            exifOrientation: exifOrientation)
    }
}

extension Image.Mode {
    /// The mode's number on the C side.
    var code: ic_mode {
        switch self {
        case .bilevel: IC_MODE_BILEVEL
        case .gray: IC_MODE_GRAY
        case .gray16: IC_MODE_GRAY16
        case .grayAlpha: IC_MODE_GRAY_ALPHA
        case .palette: IC_MODE_PALETTE
        case .rgb: IC_MODE_RGB
        case .rgba: IC_MODE_RGBA
        case .cmyk: IC_MODE_CMYK
        }
    }
}
