/// The contrastive loss.
public struct LossConfiguration: Codable, Sendable, Equatable {
    /// What is compared with what.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// CLIP's: each image picks its text among all, and each text its image.
        case softmax
        /// SigLIP's: each pair is judged by itself.
        case sigmoid
    }

    /// How a rank comes to the features of the others.
    public enum Gathering: String, Codable, Sendable, CaseIterable {
        /// They go round the ranks, each of which holds its own and two blocks of others at a time.
        case ring
        /// Every rank holds those of all.
        case all
    }

    /// What is compared with what.
    public var kind: Kind

    /// Whether each rank computes only its own rows of the logits.
    public var isLocal: Bool

    /// Whether gradients flow through the features of other ranks.
    public var gathersWithGradient: Bool

    /// How a rank comes to the features of the others.
    public var gathering: Gathering

    /// Whether pairs in a batch with the same image or caption are left out as negatives.
    public var masksDuplicates: Bool

    /// Micro-batches whose features form one large contrastive batch.
    public var accumulation: Int

    /// Creates the original's default loss, with its exact gradient on any number of ranks.
    public init() {
        kind = .softmax
        isLocal = false
        gathersWithGradient = true
        gathering = .ring
        masksDuplicates = false
        accumulation = 1
    }

    func validate(_ check: inout ValidationCheck) {
        check.flag("contrastive_accumulation", accumulation)
    }
}
