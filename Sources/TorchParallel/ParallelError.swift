/// What keeps ranks from working together.
package enum ParallelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The library that ranks talk through is not there.
    case libraryMissing(reason: String)
    /// The library that their GPUs talk through is not there.
    case gpuLibraryMissing(reason: String)
    /// A call of such a library failed.
    case libraryFailed(call: String, reason: String)
    /// The launcher says one number of processes, the library finds another.
    case worldDiffers(launcher: String, launched: Int, found: Int)
    /// A launcher's variable is no number in its range.
    case launchUnreadable(variable: String, value: String)
    /// The processes were started by what does not make ranks of them.
    case launcherUnsupported(String, size: Int)
    /// `world = data x sharding x tensor` has no solution.
    case degreesDoNotFit(world: Int, sharding: Int?, tensor: Int)
    /// Layers are not divided among ranks as stages.
    case pipelineUnavailable(degree: Int)
    /// Ranks did not come to a collective.
    case timedOut(Lateness)

    /// Who did not come to what.
    package struct Lateness: Sendable, Equatable {
        /// What was waited for: "the sum of float32[8] cpu".
        package let collective: String
        /// What the group is called.
        package let group: String
        /// How long it was waited for.
        package let seconds: Double
        /// What is known of each rank that did not come.
        ///
        /// Such as "rank 2 (process 71, stopped), in backward". Empty where all that can be asked have come.
        package let missing: [String]
        /// Ranks on other hosts, of which nothing is known.
        package let unknown: [Int]
        /// The stage of the rank that waited.
        package let stage: String
    }

    /// Whether the command was called in a way that cannot be carried out.
    package var isUsage: Bool {
        switch self {
        case .degreesDoNotFit, .pipelineUnavailable, .launchUnreadable, .launcherUnsupported: true
        case .libraryMissing, .gpuLibraryMissing, .libraryFailed, .worldDiffers, .timedOut: false
        }
    }

    package var description: String {
        switch self {
        case .libraryMissing(let reason):
            "several ranks need Open MPI: \(reason); install it (Debian: openmpi-bin), or start "
                + "one process without a launcher"
        case .gpuLibraryMissing(let reason):
            "several ranks with GPUs need NCCL: \(reason); install it (it comes with libtorch's CUDA "
                + "side, scripts/bootstrap --cuda), or compute with --device cpu"
        case .libraryFailed(let call, let reason):
            "ranks: \(call) failed: \(reason)"
        case .worldDiffers(let launcher, let launched, let found):
            "\(launcher) started \(launched) processes, and Open MPI finds \(found); start them "
                + "with Open MPI's own mpirun, or with srun --mpi=pmix"
        case .launchUnreadable(let variable, let value):
            "\(variable)=\(value): expected a whole number that fits the other variables of the "
                + "launcher"
        case .launcherUnsupported(let launcher, let size):
            "this is one of \(size) processes of \(launcher), which are no ranks here; start them "
                + "with mpirun -np \(size), or with srun --mpi=pmix"
        case .degreesDoNotFit(let world, let sharding, let tensor):
            Self.equation(world: world, sharding: sharding, tensor: tensor)
        case .pipelineUnavailable(let degree):
            "--pipeline_parallel_degree \(degree): expected 1 or -1; a step of contrastive training "
                + "needs the features of all pairs at once, so stages would wait for each other; "
                + "use --sharding_parallel_degree or --tensor_parallel_degree"
        case .timedOut(let lateness): lateness.description
        }
    }

    private static func equation(world: Int, sharding: Int?, tensor: Int) -> String {
        let axes = sharding.map { "data x \($0) x \(tensor)" } ?? "data x sharding x \(tensor)"
        return
            "world = data x sharding x tensor: \(world) = \(axes) has no solution; set "
            + "--sharding_parallel_degree and --tensor_parallel_degree so that their product "
            + "divides the number of ranks, or start another number of ranks"
    }
}

extension ParallelError.Lateness: CustomStringConvertible {
    package var description: String {
        var who = missing.joined(separator: "; ")
        if missing.isEmpty {
            who =
                "ranks that can be asked are all here, so what they send does not arrive; look at the "
                + "network between the hosts"
        }
        if !unknown.isEmpty {
            who +=
                "; nothing is known here of rank "
                + unknown.map(String.init).joined(separator: ", ") + " on other hosts"
        }
        return
            "waited \(seconds) s in \(stage) for \(collective) of the group '\(group)': did not "
            + "come: \(who); raise --collective_timeout if that rank was at work"
    }
}
