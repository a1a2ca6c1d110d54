extension DeviceMesh {
    /// The arrangement of so many ranks with degrees as they are asked for; the data axis takes what
    /// remains.
    ///
    /// - Parameters:
    ///   - world: the number of all ranks.
    ///   - sharding: ranks among which is sharded; nil for all that remain.
    ///   - tensor: ranks among which each layer is split.
    ///   - pipeline: only 1.
    ///   - rank: this process's rank among all.
    /// - Throws: `ParallelError` where `world = data x sharding x tensor` has no solution.
    package init(world: Int, sharding: Int?, tensor: Int, pipeline: Int = 1, rank: Int)
        throws(ParallelError)
    {
        guard pipeline == 1 else { throw .pipelineUnavailable(degree: pipeline) }
        let (product, isTooLarge) = (sharding ?? 1).multipliedReportingOverflow(by: tensor)
        guard !isTooLarge, product > 0, world % product == 0 else {
            throw .degreesDoNotFit(world: world, sharding: sharding, tensor: tensor)
        }
        let shardingDegree = sharding ?? world / tensor
        self.init(
            data: world / (shardingDegree * tensor), sharding: shardingDegree, tensor: tensor,
            rank: rank)
    }
}
