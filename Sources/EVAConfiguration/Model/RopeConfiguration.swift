/// Two-dimensional rotary position embedding of the vision tower.
///
/// The angle of patch row or column `g` on a grid of side `G` is `g / G * pretrainedGridSize` times the
/// frequency when frequencies are interpolated, and `g` times the frequency when they are not.
public struct RopeConfiguration: Codable, Sendable, Equatable {
    /// Side, in patches, of the grid whose positions the frequencies were made for (`pt_hw_seq_len`).
    public var pretrainedGridSize: Int

    /// Whether a grid of another size is squeezed into the pretrained positions (`intp_freq`).
    public var interpolatesFrequencies: Bool

    /// Creates a rotary embedding; the defaults are those of the published EVA-02 models.
    ///
    /// - Parameters:
    ///   - pretrainedGridSize: Side of the pretrained grid, in patches.
    ///   - interpolatesFrequencies: Whether other grids are squeezed into it.
    public init(pretrainedGridSize: Int = 16, interpolatesFrequencies: Bool = true) {
        self.pretrainedGridSize = pretrainedGridSize
        self.interpolatesFrequencies = interpolatesFrequencies
    }
}
