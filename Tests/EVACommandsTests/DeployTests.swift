import EVACommands
import EVAConfiguration
import EVATestSupport
import Foundation
import Testing
import Yams

/// The files that start a run on a cluster: what they ask of the command, and how they end.
@Suite struct DeployTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let script = root.path + "/deploy/slurm/train.sbatch"

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    // MARK: Kubernetes

    private typealias Object = [String: Any]

    private func job() throws -> Object {
        try #require(try Yams.load(yaml: text("deploy/kubernetes/mpijob.yaml")) as? Object)
    }

    private func replica(_ name: String) throws -> (spec: Object, pod: Object, container: Object) {
        let spec = try #require(try job()["spec"] as? Object)
        let replica = try #require((spec["mpiReplicaSpecs"] as? Object)?[name] as? Object)
        let pod = try #require((replica["template"] as? Object)?["spec"] as? Object)
        let container = try #require((pod["containers"] as? [Object])?.first)
        return (replica, pod, container)
    }

    @Test(
        "The MPIJob's launcher starts a run that train takes, on as many ranks as there are slots")
    func launcher() throws {
        let (spec, _, container) = try replica("Launcher")
        #expect(container["command"] as? [String] == ["mpirun"])
        var words = try #require(container["args"] as? [String])
        let ranks = try #require(Int(words[1]))
        #expect(words[0] == "-np" && Array(words[2..<4]) == ["evaclip", "train"])
        words.removeFirst(4)
        let configuration = try TrainingConfiguration(
            flags: FlagParser.parse(words, verb: .train))
        #expect(configuration.checkpoints.resumeFrom == CheckpointConfiguration.auto)
        #expect(spec["restartPolicy"] as? String == "OnFailure")
        let slots = try #require((try job()["spec"] as? Object)?["slotsPerWorker"] as? Int)
        let workers = try #require(try replica("Worker").spec["replicas"] as? Int)
        #expect(ranks == slots * workers)
        #expect(ranks % (configuration.distribution.shardingDegree ?? 1) == 0)
    }

    @Test("No pod of the MPIJob runs as root, and its keys lie where the image's SSH looks")
    func pods() throws {
        let path = try #require(
            (try job()["spec"] as? Object)?["sshAuthMountPath"] as? String)
        let server = try text("deploy/container/sshd_config")
        #expect(server.contains("HostKey \(path)/id_rsa"))
        #expect(server.contains("AuthorizedKeysFile \(path)/authorized_keys"))
        let port = try #require(server.firstMatch(of: /Port ([0-9]+)/)).1
        #expect(try text("deploy/container/ssh_config").contains("Port \(port)"))
        let image = try text("deploy/container/Containerfile")
        for name in ["Launcher", "Worker"] {
            let (_, pod, container) = try replica(name)
            let security = try #require(pod["securityContext"] as? Object)
            #expect(security["runAsNonRoot"] as? Bool == true)
            let user = try #require(security["runAsUser"] as? Int)
            #expect(image.contains("--uid \(user) ") && image.contains("USER \(user)\n"))
            let limits = try #require(container["securityContext"] as? Object)
            #expect(limits["allowPrivilegeEscalation"] as? Bool == false)
        }
    }

    // MARK: Slurm

    private struct Outcome {
        let code: Int32
        /// What srun and scontrol were called with, a line each.
        let calls: [String]
    }

    /// Runs the script where srun ends with a code, and is told of by a file.
    private func run(srun code: Int, output: String? = "/shared/run") throws -> Outcome {
        let folder = try TinyFolder()
        let calls = folder.file("calls")
        for (name, end) in [("srun", code), ("scontrol", 0)] {
            let path = try folder.write(
                "#!/bin/sh\nfor word in \(name) \"$@\"; do printf '%s|' \"$word\"; done >> \(calls)\n"
                    + "echo >> \(calls)\nexit \(end)\n", to: name)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [Self.script, "--model", "EVA02-CLIP-B-16", "--bf16", "a b"]
        let tools = (calls as NSString).deletingLastPathComponent
        process.environment = ["PATH": "\(tools):/usr/bin:/bin", "SLURM_JOB_ID": "17"]
        process.environment?["OUTPUT"] = output
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let text = (try? String(contentsOfFile: calls, encoding: .utf8)) ?? ""
        return Outcome(
            code: process.terminationStatus,
            calls: text.split(separator: "\n").map(String.init))
    }

    @Test("The Slurm script passes its flags on, and train takes its own")
    func flags() throws {
        let outcome = try run(srun: 0)
        #expect(outcome.code == 0 && outcome.calls.count == 1)
        var words = outcome.calls[0].split(separator: "|").map(String.init)
        #expect(words.suffix(4) == ["--model", "EVA02-CLIP-B-16", "--bf16", "a b"])
        words.removeLast()
        let start = try #require(words.firstIndex(of: "train"))
        #expect(words[start - 1] == "evaclip")
        let flags = try FlagParser.parse(Array(words[(start + 1)...]), verb: .train)
        let configuration = try TrainingConfiguration(flags: flags)
        #expect(configuration.checkpoints.resumeFrom == CheckpointConfiguration.auto)
        #expect(configuration.outputDirectory == "/shared/run")
    }

    @Test("The Slurm script queues a run again that saved before its time was up, and no other")
    func requeue() throws {
        // SIGUSR1, which the script asks Slurm for, ends the command with 128 + 10.
        #expect(try text("deploy/slurm/train.sbatch").contains("#SBATCH --signal=USR1@"))
        let saved = try run(srun: 128 + Int(SIGUSR1))
        #expect(saved.code == 0 && saved.calls.last == "scontrol|requeue|17|")
        for code in [0, 1, 64, 128 + Int(SIGTERM), 137] {
            let outcome = try run(srun: code)
            #expect(Int(outcome.code) == code && outcome.calls.count == 1)
        }
        let without = try run(srun: 0, output: nil)
        #expect(without.code == 64 && without.calls.isEmpty)
    }
}
