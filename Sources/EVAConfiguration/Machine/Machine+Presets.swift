extension Machine {
    /// GPUs as they stand in nodes of eight, by their makers' data sheets.
    ///
    /// Dense products, without sparsity; fp32 is not TF32, which this program does not use. NVLink
    /// is given there for both directions together, half of which is one. Each GPU has a network
    /// adapter of its own.
    ///
    /// - NVIDIA A100 80GB SXM: "NVIDIA A100 Tensor Core GPU" data sheet (312 and 19.5 TFLOP/s,
    ///   80 GB at 2,039 GB/s, NVLink 600 GB/s); "NVIDIA DGX A100" data sheet (eight adapters of
    ///   200 Gb/s).
    /// - NVIDIA H100 SXM: "NVIDIA H100 Tensor Core GPU" data sheet (1,979 TFLOP/s with sparsity,
    ///   which is twice the dense figure, and 67; 80 GB at 3.35 TB/s, NVLink 900 GB/s); "NVIDIA DGX
    ///   H100" data sheet (eight adapters of 400 Gb/s).
    /// - NVIDIA H200 SXM: "NVIDIA H200 Tensor Core GPU" data sheet (as the H100, with 141 GB at
    ///   4.8 TB/s); "NVIDIA DGX H200" data sheet (as the DGX H100).
    package static let presets: [String: Machine] = [
        "a100": gpu(
            "NVIDIA A100 80GB SXM", half: 312e12, single: 19.5e12, memory: 80e9, rate: 2039e9,
            link: 300e9, adapter: 25e9),
        "h100": gpu(
            "NVIDIA H100 80GB SXM", half: 989.5e12, single: 67e12, memory: 80e9, rate: 3350e9,
            link: 450e9, adapter: 50e9),
        "h200": gpu(
            "NVIDIA H200 141GB SXM", half: 989.5e12, single: 67e12, memory: 141e9, rate: 4800e9,
            link: 450e9, adapter: 50e9),
    ]

    /// Bytes of a process on a GPU without tensors, an assumption.
    ///
    /// They are the driver's context, the kernels, the workspaces of cuBLAS and NCCL's buffers.
    package static let gpuBase = 2e9
    /// Seconds of a message within a node of GPUs and between such nodes, assumptions.
    package static let gpuDelays = (node: 8e-6, network: 20e-6)

    private static func gpu(
        _ name: String, half: Double, single: Double, memory: Double, rate: Double, link: Double,
        adapter: Double
    ) -> Machine {
        Machine(
            name: name, memoryBytes: memory, baseBytes: gpuBase,
            productRates: [.float32: single, .bfloat16: half, .float16: half], memoryRate: rate,
            ranksPerNode: 8, node: Wire(rate: link, delay: gpuDelays.node),
            network: Wire(rate: adapter, delay: gpuDelays.network), isHost: false,
            shares: Shares(),
            sources: ["peaks, memory and networks: the makers' data sheets"])
    }
}
