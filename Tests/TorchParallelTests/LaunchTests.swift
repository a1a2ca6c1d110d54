import Testing
import TorchParallel

@Suite struct LaunchTests {
    @Test("mpirun's variables tell the number and the place of a rank")
    func openMPI() throws {
        let launch = try Launch(environment: [
            "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "5",
            "OMPI_COMM_WORLD_LOCAL_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_RANK": "1",
        ])
        #expect(launch?.size == 8)
        #expect(launch?.rank == 5)
        #expect(launch?.localSize == 4)
        #expect(launch?.localRank == 1)
        #expect(launch?.launcher == "mpirun")
    }

    @Test("srun's step tells the number and the place of a rank")
    func slurm() throws {
        let launch = try Launch(environment: [
            "SLURM_NTASKS": "64", "SLURM_STEP_NUM_TASKS": "6", "SLURM_PROCID": "3",
            "SLURM_LOCALID": "1", "SLURM_STEP_TASKS_PER_NODE": "2(x3)",
        ])
        #expect(launch?.size == 6)
        #expect(launch?.rank == 3)
        #expect(launch?.localSize == 2)
        #expect(launch?.localRank == 1)
    }

    @Test("The numbers of a job are no launch, and neither is nothing")
    func job() throws {
        #expect(try Launch(environment: [:]) == nil)
        let job = ["SLURM_NTASKS": "64", "SLURM_PROCID": "0", "SLURM_JOB_ID": "7"]
        #expect(try Launch(environment: job) == nil)
    }

    @Test(
        "Processes of torchrun are refused with the remedy, and one alone is a process of its own")
    func torchrun() throws {
        var environment = ["TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "4", "RANK": "1"]
        let error = #expect(throws: ParallelError.launcherUnsupported("torchrun", size: 4)) {
            try Launch(environment: environment)
        }
        #expect(error?.description.contains("mpirun -np 4") == true && error?.isUsage == true)
        environment["WORLD_SIZE"] = "1"
        #expect(try Launch(environment: environment) == nil)
    }

    @Test(
        "A number that cannot be is refused by its variable's name",
        arguments: [
            ("OMPI_COMM_WORLD_SIZE", "0"), ("OMPI_COMM_WORLD_SIZE", "many"),
            ("OMPI_COMM_WORLD_RANK", "8"), ("OMPI_COMM_WORLD_RANK", "-1"),
        ])
    func unreadable(variable: String, value: String) {
        var environment = ["OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "5"]
        environment[variable] = value
        #expect(throws: ParallelError.launchUnreadable(variable: variable, value: value)) {
            try Launch(environment: environment)
        }
    }
}
