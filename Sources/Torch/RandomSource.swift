internal import CTorch

/// A stream of random numbers with an explicit seed.
///
/// There is no global generator. A stream is named by its seed and by the path of names and
/// numbers that leads to it, so the same stream can be drawn again: after a resume, in a
/// recomputed forward pass, or on another rank.
package final class RandomSource {
    /// What the numbers are a function of.
    package let seed: UInt64
    let handle: ct_generator
    private let device: Device

    /// A stream for operators that draw on `device`.
    package init(seed: UInt64, device: Device = .cpu) {
        self.seed = seed
        self.device = device
        var out: ct_generator?
        TorchError.require(
            ct_generator_create(device.code, seed, &out), "random source on \(device)")
        guard let out else { fatalError("libtorch made no random source on \(device)") }
        handle = out
    }

    deinit {
        ct_generator_free(handle)
    }

    /// The stream of that name under this one, from its beginning.
    package func stream(_ name: String) -> RandomSource {
        var hash = seed
        for byte in name.utf8 {
            // FNV-1a over the name, begun at the seed; mixed below so that near names lie far apart.
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return RandomSource(seed: RandomSource.mix(hash), device: device)
    }

    /// The stream of that number under this one, from its beginning.
    package func stream(_ number: Int) -> RandomSource {
        RandomSource(
            seed: RandomSource.mix(seed ^ RandomSource.mix(UInt64(bitPattern: Int64(number)))),
            device: device)
    }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
