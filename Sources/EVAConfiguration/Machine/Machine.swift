/// What the time and the memory of a step depend on of a run's machines, as one rank sees them.
///
/// Rates are bytes or operations in a second; an addition and a multiplication are two operations.
package struct Machine: Sendable, Equatable {
    package var name: String
    /// Bytes that a rank can have.
    package var memoryBytes: Double
    /// Bytes that a rank has in use before it has any tensors.
    package var baseBytes: Double
    /// The peak of matrix products, by the numbers' format.
    package var productRates: [PrecisionConfiguration.ComputeType: Double]
    /// Bytes that are read or written.
    package var memoryRate: Double
    /// Ranks that are on one node, side by side.
    package var ranksPerNode: Int
    /// What connects a rank with others of its node.
    package var node: Wire
    /// What connects a rank with other nodes.
    package var network: Wire
    /// Whether ranks compute on the host's processors: batches then wait in the same memory, and
    /// numbers of 16 bits are summed in fp32.
    package var isHost: Bool
    /// What of each of these is really reached.
    package var shares: Shares
    /// Where the figures are from, a line each.
    package var sources: [String]

    /// What ranks send each other messages by.
    package struct Wire: Sendable, Equatable {
        /// What a rank can send while it receives as much.
        package var rate: Double
        /// Seconds that a message takes whatever its length.
        package var delay: Double

        package init(rate: Double, delay: Double) {
            self.rate = rate
            self.delay = delay
        }
    }

    /// What a program reaches of a machine's peaks: assumptions, all of them.
    package struct Shares: Sendable, Equatable {
        /// Of the products' peak, in a block's matrices.
        package var products = 0.6
        /// Of the products' peak, in attention.
        package var attention = 0.3
        /// Of the memory's rate, in norms, activations and updates.
        package var memory = 0.8
        /// Of either network's rate.
        package var network = 0.8
        /// Of the computation's time, in which ranks can talk behind it.
        package var hidden = 0.8
        /// Of the memory, the rest of which is lost between tensors.
        package var space = 0.95

        package init() {}
    }

    package init(
        name: String, memoryBytes: Double, baseBytes: Double,
        productRates: [PrecisionConfiguration.ComputeType: Double], memoryRate: Double,
        ranksPerNode: Int, node: Wire, network: Wire, isHost: Bool, shares: Shares,
        sources: [String]
    ) {
        self.name = name
        self.memoryBytes = memoryBytes
        self.baseBytes = baseBytes
        self.productRates = productRates
        self.memoryRate = memoryRate
        self.ranksPerNode = ranksPerNode
        self.node = node
        self.network = network
        self.isHost = isHost
        self.shares = shares
        self.sources = sources
    }

    /// The peak of matrix products of a format.
    package func productRate(_ type: PrecisionConfiguration.ComputeType) -> Double {
        productRates[type] ?? 1
    }
}
