import EVAImaging
import Testing

@Suite("Random colours")
struct ColorJitterTests {
    /// 24 x 24 pixels of all kinds of colours.
    private let picture = Image(
        width: 24, height: 24, mode: .rgb,
        pixels: (0..<24 * 24 * 3).map {
            UInt8(truncatingIfNeeded: $0 * $0 * 37 + $0 * 11 + $0 >> 3)
        }
    )

    // The hashes are FNV-1a of what torchvision 0.29.2's functions make of that picture on Pillow
    // 13.0.0. In a trial the changes were equal for all 2^24 colours.
    @Test(
        "Changes have the bytes of torchvision's on Pillow",
        arguments: [
            ([ColorJitter.Change.brightness(0.6)], "b63fca6f632ac765"),
            ([.brightness(1.4)], "ca2282194ac317a5"), ([.contrast(0.5)], "b804bd78adc1f0c5"),
            ([.contrast(1.5)], "d5c7ee4211946027"), ([.saturation(0.2)], "61bd3729499e0c75"),
            ([.saturation(1.7)], "8f1d1a0b7defff7a"), ([.hue(-0.08)], "cd643186294aa3ad"),
            ([.hue(0.31)], "0da1f8b9c53a890b"),
            (
                [.saturation(1.3), .hue(0.05), .contrast(0.8), .brightness(1.1)],
                "969e9b2a9b96f76a"
            ),
        ])
    func torchvision(changes: [ColorJitter.Change], expected: String) {
        #expect(hash(picture.changed(by: changes).pixels) == expected)
    }

    @Test("Pictures without colours have the bytes of torchvision's on Pillow")
    func gray() {
        #expect(hash(picture.withoutColors().pixels) == "52eb40a7f356b673")
    }

    @Test("Factors lie within their ranges, in every order, as often as asked")
    func draws() {
        let jitter = ColorJitter(
            brightness: 0.4, contrast: 2, saturation: 0.3, hue: 0.1, probability: 0.75)
        var generator = SeededGenerator(seed: 5)
        var orders: Set<String> = []
        var changed = 0
        for _ in 0..<4000 {
            let changes = jitter.changes(using: &generator)
            guard !changes.isEmpty else { continue }
            changed += 1
            var order = ""
            for change in changes {
                switch change {
                case .brightness(let factor):
                    order += "b"
                    #expect((0.6...1.4).contains(factor))
                case .contrast(let factor):
                    order += "c"
                    #expect((0...3).contains(factor))
                case .saturation(let factor):
                    order += "s"
                    #expect((0.7...1.3).contains(factor))
                case .hue(let turn):
                    order += "h"
                    #expect((-0.1...0.1).contains(turn))
                }
            }
            orders.insert(order)
        }
        #expect((2900...3100).contains(changed))
        #expect(orders.count == 24)
    }

    @Test("A range of 0 changes nothing, and nothing at all is drawn for it")
    func none() {
        var generator = SeededGenerator(seed: 5)
        let hue = ColorJitter(brightness: 0, contrast: 0, saturation: 0, hue: 0.5)
        #expect(hue.changes(using: &generator).count == 1)
    }

    @Test("The transform of training applies both after the crop, and the crop stays what it was")
    func transform() {
        func pixels(_ jitter: ColorJitter?, gray: Double) -> [UInt8] {
            let transform = TrainingTransform(
                imageSize: 16, mean: [0, 0, 0], std: [1, 1, 1], colorJitter: jitter,
                grayscaleProbability: gray)
            var generator = SeededGenerator(seed: 8)
            return transform.pixels(of: picture, using: &generator).pixels
        }
        let plain = pixels(nil, gray: 0)
        let square = Image(width: 16, height: 16, mode: .rgb, pixels: plain)
        #expect(pixels(nil, gray: 1) == square.withoutColors().pixels)
        let jitter = ColorJitter(brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2)
        let colored = pixels(jitter, gray: 0)
        #expect(colored != plain && colored == pixels(jitter, gray: 0))
    }
}
