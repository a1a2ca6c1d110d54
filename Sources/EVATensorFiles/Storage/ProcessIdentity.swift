internal import Foundation

/// Tells a process from every other, those that have ended and those of other machines included.
package struct ProcessIdentity: Codable, Sendable, Hashable {
    /// Its number.
    package let pid: Int32
    /// When it started, in ticks since the machine did; 0 where the system does not say.
    package let start: UInt64
    /// The machine's present boot and the namespace in which processes are numbered, as a number.
    package let place: UInt64

    package init(pid: Int32, start: UInt64, place: UInt64) {
        self.pid = pid
        self.start = start
        self.place = place
    }

    /// This process.
    package static let current = ProcessIdentity(
        pid: getpid(), start: startTime(of: getpid()) ?? 0, place: here)

    /// Whether the process is at work; nil for one of another machine, another container or from
    /// before the last boot, of which nothing can be told from here.
    package var isAlive: Bool? {
        guard place == Self.here else { return nil }
        return Self.startTime(of: pid) == start
    }

    private static let here: UInt64 = {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
        let namespace = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/ns/pid")
        // FNV-1a: a short name for the two texts, the same in every process.
        return ((boot ?? "") + (namespace ?? "")).utf8.reduce(0xCBF2_9CE4_8422_2325) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
    }()

    /// When a process started; nil where there is none, or one that has ended already.
    private static func startTime(of pid: Int32) -> UInt64? {
        // The second field is the program's name in parentheses, which may itself hold some.
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
