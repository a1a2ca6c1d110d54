internal import EVAConfiguration
internal import Torch

/// Positions and patches of one image or patch size made fit for another, in fp32.
///
/// The rule `rei` matches `resize_evaclip_pos_embed` of EVA-CLIP's `utils.py`: PyTorch's bicubic
/// interpolation (Keys, a = -0.75) with corners not aligned and no antialiasing. The rule `timm`
/// matches timm's `resample_abs_pos_embed` and `resample_patch_embed` (FlexiViT, arXiv 2212.08013).
/// The class token's position stays.
enum GridResizing {
    /// Whether a tensor is one that can be resized to a shape.
    static func canResize(_ key: String, _ shape: [Int], to other: [Int]) -> Bool {
        if key.hasSuffix("pos_embed") {
            return shape.count == 3 && other.count == 3 && shape[0] == 1 && shape[2] == other[2]
                && gridSide(ofTokens: shape[1]) != nil && gridSide(ofTokens: other[1]) != nil
        }
        return key.hasSuffix("patch_embed.proj.weight") && shape.count == 4
            && shape[..<2] == other[..<2] && shape[2] == shape[3] && shape[2] > 0
    }

    /// Resizes positions `[1, 1 + N, W]` or patches `[W, 3, P, P]`, in fp32.
    static func resized(_ value: Tensor, to shape: [Int], rule: GridResizeRule) -> Tensor {
        guard shape.count == 3 else {
            return switch rule {
            case .rei: value.resizedBicubic(height: shape[2], width: shape[3], isAntialiased: false)
            case .timm: flexible(value, side: shape[2])
            }
        }
        let width = shape[2]
        guard let side = gridSide(ofTokens: value.shape[1]),
            let newSide = gridSide(ofTokens: shape[1])
        else { fatalError("positions of shape \(value.shape) are no grid behind a class token") }
        let grid = value.sliced(1..<value.shape[1], dimension: 1)
            .reshaped([1, side, side, width]).permuted([0, 3, 1, 2])
            .resizedBicubic(height: newSide, width: newSide, isAntialiased: rule == .timm)
            .permuted([0, 2, 3, 1]).reshaped([1, newSide * newSide, width])
        return .concatenated([value.sliced(0..<1, dimension: 1), grid], dimension: 1)
    }

    /// Patches whose products with resized pictures are those of the old ones with the old.
    ///
    /// The resize of a patch is a matrix; its pseudo-inverse takes the place of a resize.
    private static func flexible(_ patches: Tensor, side: Int) -> Tensor {
        let old = patches.shape[3]
        let count = old * old
        let identity = (0..<count * count).map { Float($0 / count == $0 % count ? 1 : 0) }
        let basis = Tensor(identity, shape: [count, 1, old, old])
            .resizedBicubic(height: side, width: side, isAntialiased: true)
        let resize = basis.reshaped([count, side * side]).transposed(0, 1)
        let width = patches.shape[0]
        return patches.reshaped([width * patches.shape[1], count])
            .matmul(resize.pseudoInverse())
            .reshaped([width, patches.shape[1], side, side])
    }

    /// The side of the square grid behind the class token; nil where there is none.
    static func gridSide(ofTokens count: Int) -> Int? {
        guard count > 1 else { return nil }
        let side = Int(Double(count - 1).squareRoot().rounded())
        return side * side == count - 1 ? side : nil
    }
}
