/// What a launcher tells a process about its siblings.
package struct Launch: Sendable, Equatable {
    /// What started the processes: "mpirun".
    package let launcher: String
    /// How many processes there are, on all hosts.
    package let size: Int
    /// This process's number among all.
    package let rank: Int
    /// How many of them are on this host.
    package let localSize: Int
    /// This process's number among those on this host.
    package let localRank: Int

    /// Reads what the launchers set; nil for a process of its own.
    ///
    /// Open MPI's `mpirun` sets all numbers. MPICH's sets PMI's, and so may Slurm. `srun` sets the
    /// step's; the numbers of a job, such as `SLURM_NTASKS`, are also there for a command that the
    /// job's script runs once, so they start nothing.
    ///
    /// - Parameter environment: the process's environment variables.
    /// - Throws: `ParallelError` for a number that cannot be, and for one of several processes of
    ///   torchrun, which starts nothing that MPI would know of.
    package init?(environment: [String: String]) throws(ParallelError) {
        if environment["TORCHELASTIC_RUN_ID"] != nil,
            let size = environment["WORLD_SIZE"].flatMap({ Int($0) }), size > 1
        {
            throw .launcherUnsupported("torchrun", size: size)
        }
        func number(_ variable: String, _ range: Range<Int>) throws(ParallelError) -> Int? {
            guard let text = environment[variable] else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw .launchUnreadable(variable: variable, value: text)
            }
            return number
        }
        let most = 1 << 24
        for source in Self.sources {
            guard let size = try number(source.size, 1..<most),
                let rank = try number(source.rank, 0..<size)
            else { continue }
            launcher = source.launcher
            self.size = size
            self.rank = rank
            var local = try source.localSize.map { ($0, 1..<size + 1) }.flatMap(number)
            if local == nil, let text = environment["SLURM_STEP_TASKS_PER_NODE"] {
                local = Self.firstCount(of: text)
            }
            localSize = min(size, local ?? 1)
            localRank = try source.localRank.map { ($0, 0..<size) }.flatMap(number) ?? 0
            return
        }
        return nil
    }

    private struct Source {
        let launcher: String
        let size: String
        let rank: String
        let localSize: String?
        let localRank: String?
    }

    private static let sources = [
        Source(
            launcher: "mpirun", size: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK",
            localSize: "OMPI_COMM_WORLD_LOCAL_SIZE", localRank: "OMPI_COMM_WORLD_LOCAL_RANK"),
        Source(
            launcher: "srun", size: "SLURM_STEP_NUM_TASKS", rank: "SLURM_PROCID", localSize: nil,
            localRank: "SLURM_LOCALID"),
        Source(
            launcher: "mpiexec", size: "PMI_SIZE", rank: "PMI_RANK", localSize: "MPI_LOCALNRANKS",
            localRank: "MPI_LOCALRANKID"),
    ]

    /// The first number of a list such as `4(x2),3`: processes on the first hosts, which are no
    /// fewer than on the others.
    private static func firstCount(of list: String) -> Int? {
        Int(list.prefix { $0.isNumber }).flatMap { $0 > 0 ? $0 : nil }
    }
}
