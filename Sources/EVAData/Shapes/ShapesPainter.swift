/// Draws scenes: a faint gradient, small grey clutter, the objects with smooth edges, noise.
struct ShapesPainter {
    private let size: Int
    /// Interleaved RGB from 0 to 1.
    private let canvas: UnsafeMutableBufferPointer<Float>

    /// Draws a scene.
    ///
    /// - Parameters:
    ///   - scene: What to draw.
    ///   - size: Width and height in pixels.
    ///   - generator: The lots for background, shades and noise.
    /// - Returns: Interleaved RGB bytes, row by row.
    static func paint(
        _ scene: ShapesScene, size: Int, using generator: inout SplitMix64
    ) -> [UInt8] {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * size * size) { canvas in
            let painter = ShapesPainter(size: size, canvas: canvas)
            painter.background(&generator)
            painter.clutter(&generator)
            let shade = generator.uniform(0.9...1.02)
            let rgb = scene.combination.colour.rgb * shade + Self.tint(0.035, &generator)
            for object in scene.objects {
                painter.draw(scene.combination.shape, object, rgb: rgb)
            }
            return painter.noisyBytes(&generator)
        }
    }

    private static func tint(_ reach: Float, _ generator: inout SplitMix64) -> SIMD3<Float> {
        [
            generator.uniform(-reach...reach), generator.uniform(-reach...reach),
            generator.uniform(-reach...reach),
        ]
    }

    /// A straight gradient between two dark to middle greys with a breath of colour.
    private func background(_ generator: inout SplitMix64) {
        let grey = generator.uniform(0.16...0.42)
        let start = SIMD3(repeating: grey) + Self.tint(0.04, &generator)
        let change =
            SIMD3(repeating: generator.uniform(-0.12...0.12)) + Self.tint(0.02, &generator)
        let (sine, cosine) = sineAndCosine(generator.uniform(0...(2 * .pi)))
        let step = 1 / Float(size)
        for row in 0..<size {
            for column in 0..<size {
                let along = (Float(column) * cosine + Float(row) * sine) * step
                let rgb = start + change * along
                let base = 3 * (row * size + column)
                canvas[base] = rgb.x
                canvas[base + 1] = rgb.y
                canvas[base + 2] = rgb.z
            }
        }
    }

    /// Two to six specks too small and too grey to be meant.
    private func clutter(_ generator: inout SplitMix64) {
        for _ in 0..<2 + generator.below(5) {
            let shape = ShapesCatalog.shapes[generator.below(3)]
            let speck = ShapesScene.Object(
                x: generator.unit(), y: generator.unit(), radius: generator.uniform(0.015...0.045),
                tilt: generator.uniform(-1...1))
            let grey = generator.uniform(0.08...0.56)
            draw(shape, speck, rgb: SIMD3(repeating: grey))
        }
    }

    /// Blends one object over the canvas, by the share of each pixel that it covers.
    private func draw(
        _ shape: ShapesCatalog.Shape, _ object: ShapesScene.Object, rgb: SIMD3<Float>
    ) {
        let scale = Float(size)
        let radius = object.radius * scale
        let centreX = object.x * scale
        let centreY = object.y * scale
        let reach = ShapeDistance.reach * radius + 1
        let rows = max(0, Int(centreY - reach))..<max(0, min(size, Int(centreY + reach) + 1))
        let columns = max(0, Int(centreX - reach))..<max(0, min(size, Int(centreX + reach) + 1))
        guard rows.lowerBound < rows.upperBound else { return }
        let (sine, cosine) = sineAndCosine(object.tilt)
        for row in rows {
            let dy = (Float(row) + 0.5 - centreY) / radius
            for column in columns {
                let dx = (Float(column) + 0.5 - centreX) / radius
                let distance = ShapeDistance.of(
                    shape, x: cosine * dx + sine * dy, y: cosine * dy - sine * dx)
                let cover = min(max(0.5 - distance * radius, 0), 1)
                guard cover > 0 else { continue }
                let base = 3 * (row * size + column)
                canvas[base] += cover * (rgb.x - canvas[base])
                canvas[base + 1] += cover * (rgb.y - canvas[base + 1])
                canvas[base + 2] += cover * (rgb.z - canvas[base + 2])
            }
        }
    }

    /// Adds noise of up to 9 levels either way and rounds to bytes.
    private func noisyBytes(_ generator: inout SplitMix64) -> [UInt8] {
        let count = canvas.count
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            var index = 0
            while index < count {
                var lots = generator.next()
                let end = min(index + 8, count)
                while index < end {
                    let noise = (Float(UInt8(truncatingIfNeeded: lots)) - 127.5) * (9 / 127.5)
                    let level = canvas[index] * 255 + noise + 0.5
                    bytes[index] = UInt8(min(max(level, 0), 255))
                    lots >>= 8
                    index += 1
                }
            }
            initialized = count
        }
    }
}
