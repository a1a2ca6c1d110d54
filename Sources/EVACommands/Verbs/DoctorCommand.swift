internal import ArgumentParser
internal import EVAConfiguration
internal import EVATraining
internal import Foundation
internal import Torch

/// `evaclip doctor`: what the machine and this build can do, and whether they compute rightly.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this machine and this build can do, and tests it.",
        discussion: """
            The self-test computes small models of every structure forward and backward, and ten \
            steps of every optimizer, in fp32, bf16 and fp16, beside fp32 on the CPU. Exits with \
            1 if anything is wrong.
            """)

    @Option(help: "cpu, cuda or cuda:N; auto takes a GPU where there is one.")
    var device = "auto"

    @Option(help: .threads, transform: FlagRange.threads.integer)
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "A folder of what EVA-CLIP's own program computed, to be compared too.",
            discussion: "For each family X.rei.json and X.weights, X.io and X.grads.safetensors."))
    var goldens: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var report = DoctorReport(machine: MachineReport())
        report.problems = report.machine.problems
        say(report.machineLines)
        if let device = chooseDevice(&report) {
            report.device = "\(device)"
            report.threads = Runtime.threadCount
            say(["", "computing on \(device), \(report.threads) threads", ""])
            test(on: device, &report)
        }
        if json { print(try report.text) }
        for problem in report.problems { Console.error(problem) }
        guard report.problems.isEmpty else { throw ExitCode.failure }
        say(["", "nothing is wrong"])
    }

    /// - Returns: nil where the device that was asked for cannot be had.
    private func chooseDevice(_ report: inout DoctorReport) -> Device? {
        do {
            guard device == "auto" else {
                return try ComputeDevice.prepare(named: device, threadCount: threads)
            }
            // Before the CPU computes: libtorch looks for a GPU but once.
            let (automatic, reason) = Device.automatic()
            _ = try ComputeDevice.prepare(named: "cpu", threadCount: threads)
            if let reason {
                // A machine need not have the CUDA side, but what is installed has to work.
                if report.machine.libtorch.hasCudaSide {
                    report.problems.append("the GPU cannot be used: \(reason)")
                } else {
                    say(["", "note: \(reason)"])
                }
            }
            return automatic
        } catch {
            report.problems.append("\(error)")
            return nil
        }
    }

    private func test(on device: Device, _ report: inout DoctorReport) {
        say([DoctorReport.checkHeading])
        DeviceMemory.resetPeak(of: device)
        var checks: [SelfTestCheck] = []
        func take(_ check: SelfTestCheck) {
            checks.append(check)
            say([DoctorReport.line(check)])
        }
        do {
            try SelfTest(device: device).run(take)
            if let goldens { try SelfTest.compareGoldens(in: goldens, on: device, take) }
        } catch {
            report.problems.append("self-test: \(error)")
        }
        report.checks = checks.map(DoctorReport.Check.init)
        report.problems += checks.filter { !$0.hasPassed }.map {
            "self-test: \($0.subject) in \($0.dtype.rawValue): \($0.quantity): \($0.measure.rawValue) "
                + "\($0.value), the limit is \($0.limit)"
        }
        let peak = DeviceMemory(of: device).peakBytes
        report.peakMb = peak > 0 ? peak >> 20 : nil
    }

    /// Words for a reader; JSON stands alone.
    private func say(_ lines: [String]) {
        guard !json else { return }
        for line in lines { print(line) }
        // Each line when it is known: what ends the process shows by the last one.
        fflush(nil)
    }
}
