import Foundation
import Testing

@testable import Torch

@Suite struct MachineTests {
    /// A folder of control groups: file names and contents.
    private func groups(
        _ membership: String, _ files: [String: String]
    ) throws -> ControlGroup {
        let root = NSTemporaryDirectory() + "evaclip-groups-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (name, content) in files {
            let path = "\(root)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
            try content.write(toFile: path, atomically: true, encoding: .utf8)
        }
        return ControlGroup(membership: membership, root: root)
    }

    @Test("Limits of both versions of control groups are found on the way to the root")
    func controlGroups() throws {
        let second = try groups(
            "0::/job/step\n",
            [
                "job/cpu.max": "150000 100000\n", "job/step/cpu.max": "max 100000\n",
                "job/memory.max": "max\n", "job/step/memory.max": "1073741824\n",
                "job/step/memory.current": "805306368\n",
                "job/step/memory.stat": "anon 1\ninactive_file 268435456\nfile 1\n",
                "cpu.max": "broken",
            ])
        #expect(second.quotas == [1.5])
        #expect(second.memoryLimits == [1 << 30])
        #expect(second.memoryLeft == [1 << 29])
        let first = try groups(
            "4:cpu,cpuacct:/docker/a\n3:memory:/docker/a\n2:name=systemd:/\n",
            [
                "cpu,cpuacct/docker/a/cpu.cfs_quota_us": "200000\n",
                "cpu,cpuacct/docker/a/cpu.cfs_period_us": "100000\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
            ])
        #expect(first.quotas == [2])
        #expect(first.memoryLimits == [9_223_372_036_854_771_712])
        // In a container, the path is the host's and the mount is the group.
        let container = try groups("0::/../../host", ["cpu.max": "100000 100000"])
        #expect(container.quotas == [1])
        #expect(try groups("", [:]).quotas.isEmpty)
    }

    @Test(
        "Threads are what affinity and quota allow, and at least one",
        arguments: [
            (8, [], 8), (8, [2.0], 2), (8, [4, 1.5], 2), (2, [64], 2), (0, [], 1), (4, [0.1], 1),
        ] as [(Int, [Double], Int)])
    func processors(affinity: Int, quotas: [Double], expected: Int) {
        #expect(Processors.count(affinity: affinity, quotas: quotas) == expected)
    }

    @Test(
        "Ranks of a host divide its processors, however the launcher has bound them",
        arguments: [
            // Not bound; each to one; to half of the machine, two ranks in each; more ranks than
            // processors; a quota.
            (4, 16, 16, [], 4), (4, 1, 16, [], 1), (4, 8, 16, [], 4), (8, 2, 2, [], 1),
            (2, 16, 16, [4.0], 2),
        ])
    func ranks(count: Int, own: Int, launcher: Int, quotas: [Double], expected: Int) {
        #expect(
            Processors.share(amongRanks: count, own: own, launcher: launcher, quotas: quotas)
                == expected)
    }

    @Test("libtorch's operators run on the program's threads, with the same result on any number")
    func threads() {
        let before = Runtime.threadCount
        defer { Runtime.threadCount = before }
        let numbers = Tensor((0..<(1 << 20)).map { Float($0) }, shape: [1 << 20])
        var results: [[Float]] = []
        for count in [1, 2, 3] {
            Runtime.threadCount = count
            #expect(Runtime.threadCount == count)
            let regions = Runtime.parallelRegionCount
            results.append((numbers * 0.5).exp().floats())
            #expect(count == 1 || Runtime.parallelRegionCount > regions)
        }
        #expect(results[1] == results[0] && results[2] == results[0])
    }

    @Test("The environment makes the processor play a lesser one")
    func lesserProcessor() {
        let cpu = CPUCapabilities.current
        let environment = ProcessInfo.processInfo.environment
        switch environment["ONEDNN_MAX_CPU_ISA"] {
        case "AVX2": #expect(!cpu.hasAVX512 && !cpu.hasNativeBFloat16)
        case "SSE41": #expect(!cpu.hasAVX2 && !cpu.hasAVX512 && cpu.instructionSets == "baseline")
        default: #expect(cpu.hasAVX2 || !cpu.hasAVX512)
        }
        #expect(cpu.hasAVX512 || !cpu.hasNativeBFloat16)
    }
}
