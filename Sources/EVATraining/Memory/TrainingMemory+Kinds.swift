extension TrainingMemory {
    /// A part of the memory: how it is called in files and for people, and its bytes.
    package struct Kind: Sendable {
        package let key: String
        package let label: String
        package let bytes: Double
    }

    /// The parts that make up the whole.
    package var kinds: [Kind] {
        [
            Kind(key: "values", label: "values, fp32", bytes: values),
            Kind(key: "operands", label: "operands, 16 bits", bytes: operands),
            Kind(key: "gradients", label: "gradients", bytes: step.gradients),
            Kind(key: "moments", label: "moments", bytes: moments),
            Kind(key: "average", label: "moving average", bytes: average),
            Kind(key: "activations", label: "activations", bytes: step.activations),
            Kind(key: "loss", label: "logits", bytes: step.loss),
            Kind(key: "features", label: "own features", bytes: features),
            Kind(key: "gathered_features", label: "gathered features", bytes: gatheredFeatures),
            Kind(key: "pixels", label: "pixels", bytes: pixels),
            Kind(key: "buffers", label: "communication buffers", bytes: step.buffers),
            Kind(key: "batches", label: "waiting batches, on the host", bytes: batches),
            Kind(key: "base", label: "program and libraries", bytes: base),
        ]
    }
}
