internal import EVATraining
internal import Foundation
internal import Torch

/// What `evaclip doctor` found, as JSON.
struct DoctorReport: Encodable {
    struct Check: Encodable {
        let subject: String
        let quantity: String
        let precision: String
        let measure: String
        let value: Double
        let limit: Double
        let seconds: Double
        let referenceSeconds: Double?
        let passed: Bool

        init(_ check: SelfTestCheck) {
            subject = check.subject
            quantity = check.quantity
            precision = check.dtype.rawValue
            measure = check.measure.rawValue
            value = check.value
            limit = check.limit
            seconds = check.seconds
            referenceSeconds = check.referenceSeconds
            passed = check.hasPassed
        }
    }

    let machine: MachineReport
    /// What was computed on; nil where that could not be had.
    var device: String?
    var threads = 0
    var checks: [Check] = []
    /// The most MiB in tensors on the device at once; nil where its allocator does not count.
    var peakMb: Int?
    /// What is wrong, a line each.
    var problems: [String] = []

    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

extension DoctorReport {
    /// What there is, a line each.
    var machineLines: [String] {
        let gpus = machine.gpu.devices.map {
            "\($0.name), \(Self.gigabytes($0.memoryMb)), compute capability \($0.capability)"
        }
        let driver = machine.gpu.driverVersion.map { "driver for CUDA \($0)" }
        let cuda = machine.libtorch.cudaVersion.map { " for CUDA \($0)" } ?? ""
        let side =
            machine.libtorch.hasCudaSide ? "with its CUDA side\(cuda)" : "CPU side alone"
        let rows: [(String, String)] =
            [
                ("evaclip", machine.evaclip),
                (
                    "libtorch",
                    "\(machine.libtorch.version), \(side), in \(machine.libtorch.folder)"
                ),
                (
                    "cpu",
                    "\(machine.cpu.name), \(machine.cpu.instructionSets); "
                        + "\(machine.cpu.available) of \(machine.cpu.total) processors"
                ),
                (
                    "memory",
                    Self.gigabytes(machine.memory.totalMb)
                        + ", \(Self.gigabytes(machine.memory.availableMb)) free"
                ),
            ]
            + gpus.enumerated().map { ("gpu \($0.offset)", $0.element) }
            + [("gpu", driver ?? machine.gpu.absence ?? "")]
            + [
                (
                    "mpi",
                    [machine.mpi.library ?? "no library", machine.mpi.launcher ?? "no mpirun"]
                        .joined(separator: ", ")
                ),
                (
                    "cache",
                    (machine.cache.path ?? "none")
                        + (machine.cache.freeMb.map { ", \(Self.gigabytes($0)) free" } ?? "")
                ),
            ]
            + machine.environment.sorted { $0.key < $1.key }.map {
                ("set", "\($0.key)=\($0.value)")
            }
        return rows.map { Self.cell($0.0, 10) + $0.1 }
    }

    static let checkHeading =
        cell("self-test", 23) + cell("precision", 10) + cell("compared", 21)
        + cell("by", 12) + cell("value", 10) + cell("limit", 9) + cell("s", 8) + cell("CPU s", 8)

    static func line(_ check: SelfTestCheck) -> String {
        cell(check.subject, 23) + cell(check.dtype.rawValue, 10) + cell(check.quantity, 21)
            + cell(check.measure.rawValue, 12) + cell(number(check.value), 10)
            + cell(number(check.limit), 9) + cell(seconds(check.seconds), 8)
            + cell(check.referenceSeconds.map(seconds) ?? "-", 8)
            + (check.hasPassed ? "ok" : "WRONG")
    }

    private static func number(_ value: Double) -> String { String(format: "%.4g", value) }

    private static func seconds(_ value: Double) -> String { String(format: "%.3f", value) }

    private static func gigabytes(_ megabytes: Int) -> String {
        String(format: "%.1f GiB", Double(megabytes) / 1024)
    }

    private static func cell(_ text: String, _ width: Int) -> String {
        text.count < width ? text.padding(toLength: width, withPad: " ", startingAt: 0) : text + " "
    }
}
