package import EVAConfiguration
package import TorchParallel

/// Where this program cannot carry a run out.
package enum TrainingSupport {
    /// How launchers tell a process the number of its siblings: Open MPI, MPICH, Slurm's srun.
    private static let worldSizeVariables = [
        "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS",
    ]

    /// Why a run cannot start as one of several processes that have not joined; nil for a process of
    /// its own.
    ///
    /// Each would train the whole run by itself and write over the others' files.
    ///
    /// - Parameter environment: the process's environment variables.
    package static func refusal(environment: [String: String]) -> String? {
        for name in worldSizeVariables {
            guard let size = environment[name].flatMap({ Int($0) }), size > 1 else { continue }
            return "this is one of \(size) processes (\(name)), which are not ranks of one run; "
                + "start it once, or with mpirun -np 1"
        }
        return nil
    }

    /// - Throws: `UsageError` for one of several processes that have not joined; `ConfigurationError`
    ///   for layers that cannot be divided among so many ranks.
    package static func check(
        _ model: ModelConfiguration, name: String, on ranks: ParallelContext,
        environment: [String: String]
    ) throws {
        if ranks.mesh.worldSize == 1, let refusal = refusal(environment: environment) {
            throw UsageError(refusal)
        }
        try model.checkTensorDegree(ranks.mesh.tensorDegree, name: name)
    }
}
