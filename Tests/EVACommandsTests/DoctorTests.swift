import EVATestSupport
import Foundation
import Testing

/// `evaclip doctor` on the CPU and on a GPU, and on machines where something is wrong.
@Suite struct DoctorTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            let subject, quantity, precision, measure: String
            let value, limit, seconds: Double
            let passed: Bool
        }

        struct Machine: Decodable {
            struct Processor: Decodable {
                let name: String
                let available: Int
            }
            struct Memory: Decodable { let total_mb: Int }
            struct Libtorch: Decodable {
                let version, folder: String
                let has_cuda_side: Bool
            }
            struct GPUs: Decodable { let absence: String? }
            struct Cache: Decodable {
                let path: String?
                let is_writable: Bool
            }
            let cpu: Processor
            let memory: Memory
            let libtorch: Libtorch
            let gpu: GPUs
            let cache: Cache
        }

        let machine: Machine
        let device: String?
        let checks: [Check]
        let problems: [String]
    }

    private func report(_ text: String) throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    }

    private func doctor(_ arguments: [String], shell: String) throws -> EvaclipProcess.Outcome {
        try EvaclipProcess.run(["doctor", "--threads", "1"] + arguments, shell: shell)
    }

    /// Four structures and three optimizers in three precisions.
    private func expectAllRows(_ report: Report) {
        for family in ["a_eva01", "b_eva02b", "c_eva02l336", "d_bige"] {
            #expect(report.checks.filter { $0.subject == family }.count == 6)
        }
        for rule in ["adamw", "lamb", "lion"] {
            let rows = report.checks.filter { $0.subject == rule }
            #expect(rows.map(\.precision) == ["float32", "bfloat16", "float16"])
        }
        #expect(report.checks.allSatisfy { $0.passed && $0.seconds > 0 })
    }

    @Test("The CPU computes what it should, and the report has every row")
    func cpu() throws {
        let folder = try TinyFolder()
        let shell = "export EVACLIP_HOME='\(folder.path)'"
        let outcome = try doctor(
            ["--device", "cpu", "--json", "--goldens", Fixtures.path("rei")], shell: shell)
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
        let report = try report(outcome.output)
        expectAllRows(report)
        #expect(report.checks.filter { $0.subject.hasSuffix(", original") }.count == 8)
        #expect(report.device == "cpu" && report.problems.isEmpty)
        let machine = report.machine
        #expect(machine.cpu.available > 0 && machine.memory.total_mb > 100)
        #expect(machine.libtorch.version.hasPrefix("2."))
        #expect(
            FileManager.default.fileExists(atPath: machine.libtorch.folder + "/libtorch_cpu.so"))
        #expect(machine.cache.path == folder.path && machine.cache.is_writable)
    }

    @Test("A GPU is tested beside the CPU, in a table that ends with the verdict")
    func gpu() throws {
        let folder = try TinyFolder()
        let shell = try FakeGPU.shell("EVACLIP_HOME='\(folder.path)'")
        let outcome = try doctor(["--device", "cuda:1"], shell: shell)
        #expect(outcome.code == 0, "\(outcome)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.filter { $0.hasSuffix(" ok") }.count == 33)
        for start in [
            "evaclip ", "libtorch ", "cpu ", "memory ", "mpi ", "cache ", "computing on cuda:1, ",
            "gpu 0     Fake GPU 0, 4.0 GiB, compute capability 9.0",
            "gpu       driver for CUDA 13.2",
        ] {
            #expect(lines.contains { $0.hasPrefix(start) }, "\(start)")
        }
        #expect(lines.last == "nothing is wrong")
    }

    @Test("What is wrong with a machine is told, with exit code 1")
    func problems() throws {
        let folder = try TinyFolder()
        let home = "EVACLIP_HOME='\(folder.path)'"
        let missing = try doctor(
            ["--device", "cuda", "--json"], shell: FakeGPU.shell(hasDriver: false, home))
        #expect(missing.code == 1, "\(missing)")
        #expect(missing.errors.contains("no NVIDIA driver"))
        let report = try report(missing.output)
        #expect(report.device == nil && report.checks.isEmpty && report.problems.count == 1)
        #expect(report.machine.gpu.absence?.hasPrefix("no NVIDIA driver") == true)

        // What is installed has to work, even where the CPU does instead.
        let old = try doctor([], shell: FakeGPU.shell(home, "FAKE_CUDA_VERSION=12080"))
        #expect(old.code == 1 && old.output.contains("computing on cpu"), "\(old)")
        #expect(old.errors.contains("the GPU cannot be used: the NVIDIA driver serves CUDA 12.8"))

        let nowhere = try doctor(["--device", "cpu"], shell: "export EVACLIP_HOME=/dev/null/a")
        #expect(nowhere.code == 1 && nowhere.errors.contains("/dev/null/a cannot be written"))

        let goldens = try doctor(
            ["--device", "cpu", "--goldens", folder.path], shell: "export \(home)")
        #expect(goldens.code == 1 && goldens.errors.contains("a_eva01.rei.json: cannot be read"))
    }
}
