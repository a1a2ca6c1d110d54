import Glibc

/// Draws the part of a picture that training looks at (torchvision's `RandomResizedCrop`).
package struct RandomResizedCrop: Sendable {
    /// The share of the picture's area.
    package let scale: ClosedRange<Double>
    /// Width over height.
    package let ratio: ClosedRange<Double>

    private static let tries = 10

    package init(scale: ClosedRange<Double>, ratio: ClosedRange<Double>) {
        self.scale = scale
        self.ratio = ratio
    }

    /// An area drawn evenly, an aspect drawn evenly on a logarithmic scale, a corner drawn evenly;
    /// after ten that do not fit, the largest middle part within the aspects.
    package func region(
        width: Int, height: Int, using generator: inout some RandomNumberGenerator
    ) -> PixelRegion {
        let logarithms = log(ratio.lowerBound)...log(ratio.upperBound)
        for _ in 0..<Self.tries {
            let area = Double(width * height) * generator.uniform(in: scale)
            let aspect = exp(generator.uniform(in: logarithms))
            let w = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
            let h = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
            guard w > 0, w <= width, h > 0, h <= height else { continue }
            return PixelRegion(
                x: generator.integer(upTo: width - w),
                y: generator.integer(upTo: height - h), width: w, height: h)
        }
        return middle(width: width, height: height)
    }

    private func middle(width: Int, height: Int) -> PixelRegion {
        let aspect = Double(width) / Double(height)
        var w = width
        var h = height
        if aspect < ratio.lowerBound {
            h = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
        } else if aspect > ratio.upperBound {
            w = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
        }
        return PixelRegion(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
    }
}
