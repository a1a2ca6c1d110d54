/// Where this program cannot carry a run out.
package enum TrainingSupport {
    /// How launchers tell a process the number of its siblings: Open MPI, MPICH, Slurm's srun.
    private static let worldSizeVariables = [
        "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS",
    ]

    /// Why a run cannot start as one of several processes; nil for a process of its own.
    ///
    /// Each would train the whole run by itself and write over the others' files.
    ///
    /// - Parameter environment: the process's environment variables.
    package static func refusal(environment: [String: String]) -> String? {
        for name in worldSizeVariables {
            guard let size = environment[name].flatMap({ Int($0) }), size > 1 else { continue }
            return "this is one of \(size) processes (\(name)), and this version trains in one; "
                + "start it once, or with mpirun -np 1"
        }
        return nil
    }
}
