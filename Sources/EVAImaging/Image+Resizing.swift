import CImageCodecs

/// How a resized pixel is made from its neighbours.
///
/// The raw values are open_clip's names.
public enum Interpolation: String, Sendable, CaseIterable {
    /// A triangle as wide as an output pixel on each side.
    case bilinear
    /// Keys' cubic with a = -1/2, twice as wide.
    case bicubic

    var filter: ic_filter {
        switch self {
        case .bilinear: IC_FILTER_BILINEAR
        case .bicubic: IC_FILTER_BICUBIC
        }
    }
}

/// A rectangle of pixels.
package struct PixelRegion: Sendable, Equatable {
    package let x: Int
    package let y: Int
    package let width: Int
    package let height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

extension Image {
    /// The whole picture as a region.
    package var bounds: PixelRegion { PixelRegion(x: 0, y: 0, width: width, height: height) }

    /// A part of the picture resized, with the bytes of Pillow's `crop` and `resize`.
    ///
    /// As in Pillow, pictures without intermediate values (bilevel, palette) take the nearest
    /// pixel whatever the interpolation, and opacity weighs colour.
    ///
    /// - Parameters:
    ///   - width: The width to resize to.
    ///   - height: The height to resize to.
    ///   - region: The part to resize; the whole picture by default.
    ///   - window: The part of the result that is wanted; all of it by default. No other pixel
    ///     is computed.
    ///   - mirrored: Whether the result's columns are reversed.
    /// - Returns: A picture of the window's size in this picture's mode.
    package func resized(
        width newWidth: Int, height newHeight: Int, interpolation: Interpolation,
        region: PixelRegion? = nil, window: PixelRegion? = nil, mirrored: Bool = false
    ) -> Image {
        let region = region ?? bounds
        let window = window ?? PixelRegion(x: 0, y: 0, width: newWidth, height: newHeight)
        guard bounds.contains(region), newWidth > 0, newHeight > 0, window.x >= 0, window.y >= 0,
            window.width > 0, window.height > 0, window.width <= newWidth - window.x,
            window.height <= newHeight - window.y
        else {
            fatalError(
                """
                Image.resized: \(region) of \(width) x \(height) pixels to \(newWidth) x \
                \(newHeight), of which \(window), is not possible
                """)
        }
        let target = ic_target(
            width: Int64(newWidth), height: Int64(newHeight), window_x: Int64(window.x),
            window_y: Int64(window.y), window_width: Int64(window.width),
            window_height: Int64(window.height), mirrored: mirrored)
        let keepsSize = region.width == newWidth && region.height == newHeight
        if keepsSize || mode == .bilevel || mode == .palette {
            return resampled(region, target, ic_resample_nearest)
        }
        switch mode {
        case .gray16:
            return resampled(region, target, channels: 1) {
                ic_resample_16($0, $1, interpolation.filter, $2)
            }
        case .grayAlpha, .rgba:
            return premultiplied().resampled(region, target) {
                ic_resample_8($0, $1, interpolation.filter, $2)
            }.unpremultiplied()
        default:
            return resampled(region, target) {
                ic_resample_8($0, $1, interpolation.filter, $2)
            }
        }
    }

    /// Runs one of the C resamplers on a region.
    private func resampled(
        _ region: PixelRegion, _ target: ic_target, channels: Int? = nil,
        _ resample: (ic_picture, ic_target, UnsafeMutablePointer<UInt8>?) -> Bool
    ) -> Image {
        let size = mode.bytesPerPixel
        let newWidth = Int(target.window_width)
        let newHeight = Int(target.window_height)
        let byteCount = newWidth * newHeight * size
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            pixels.withUnsafeBufferPointer { input in
                let corner = (region.y * width + region.x) * size
                let picture = ic_picture(
                    pixels: input.baseAddress.map { $0 + corner }, stride: width * size,
                    width: Int64(region.width), height: Int64(region.height),
                    channels: Int32(channels ?? size))
                guard resample(picture, target, output.baseAddress) else {
                    fatalError(
                        """
                        Image.resized: no memory to resize \(region.width) x \(region.height) \
                        pixels to \(target.width) x \(target.height)
                        """)
                }
            }
            count = byteCount
        }
        return Image(
            width: newWidth, height: newHeight, mode: mode, pixels: bytes, palette: palette,
            exifOrientation: exifOrientation)
    }
}

extension PixelRegion {
    fileprivate func contains(_ other: PixelRegion) -> Bool {
        other.x >= x && other.y >= y && other.width > 0 && other.height > 0
            && other.width <= width - (other.x - x) && other.height <= height - (other.y - y)
    }
}
