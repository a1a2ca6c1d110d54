/// How positions and patches of one image or patch size become those of another.
public enum GridResizeRule: String, Codable, Sendable, CaseIterable {
    /// As the original PyTorch EVA-CLIP: cubic convolution with a = -0.75, no antialiasing.
    case rei
    /// As timm, and with it open_clip: positions by cubic convolution with a = -0.5, antialiased;
    /// patches by the pseudo-inverse of that resize, so that a resized picture meets equal products.
    case timm
}
