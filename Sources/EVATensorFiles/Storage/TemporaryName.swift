internal import Foundation

/// Names for files and folders that are not finished yet.
///
/// They say whose they are, so that what a process left behind when it was killed can be told from
/// what another is at work on: `.NAME.tmp-PID-START-PLACE-RANDOM`, numbers in base 36.
package enum TemporaryName {
    private static let mark = ".tmp-"
    // After so long, what a process of another machine left is taken to be abandoned.
    private static let patience = 24.0 * 3600

    /// A hidden name in the same folder that no other process or thread uses.
    package static func beside(_ path: String) -> String {
        let me = ProcessIdentity.current
        let numbers = [me.start, me.place, UInt64.random(in: .min ... .max)]
            .map { String($0, radix: 36) }
        return "\(folder(of: path))/\(head(of: path))\(me.pid)-" + numbers.joined(separator: "-")
    }

    /// The process that a name belongs to; nil for a name of another kind.
    static func owner(of name: String) -> ProcessIdentity? {
        guard name.hasPrefix("."), let mark = name.range(of: mark, options: .backwards) else {
            return nil
        }
        let parts = name[mark.upperBound...].split(
            separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, let pid = Int32(parts[0]),
            let start = UInt64(parts[1], radix: 36), let place = UInt64(parts[2], radix: 36),
            UInt64(parts[3], radix: 36) != nil
        else { return nil }
        return ProcessIdentity(pid: pid, start: start, place: place)
    }

    /// Removes what processes that have ended left of a file or folder that they did not finish.
    ///
    /// What belongs to another machine stays until nobody has touched it for a day.
    ///
    /// - Parameter path: what they meant to write.
    package static func removeAbandoned(of path: String) {
        let head = head(of: path)
        removeAbandoned(in: folder(of: path), where: { $0.hasPrefix(head) }) { item in
            let changed = try? FileManager.default.attributesOfItem(atPath: item)[.modificationDate]
            return (changed as? Date).map { -$0.timeIntervalSinceNow > patience } ?? false
        }
    }

    /// Removes what processes that have ended left unfinished in a folder that the caller alone
    /// writes to, so that those of other machines must have ended too.
    package static func removeAbandoned(inOwn folder: String) {
        removeAbandoned(in: folder, where: { _ in true }) { _ in true }
    }

    /// - Parameter isAbandoned: decides where the owner's fate is not known.
    private static func removeAbandoned(
        in folder: String, where isMeant: (_ name: String) -> Bool,
        isAbandoned: (_ item: String) -> Bool
    ) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard isMeant(name), let owner = owner(of: name) else { continue }
            let item = "\(folder)/\(name)"
            if owner.isAlive.map({ !$0 }) ?? isAbandoned(item) {
                try? FileManager.default.removeItem(atPath: item)
            }
        }
    }

    /// What comes before a process's numbers.
    ///
    /// The head of the name tells people what was left behind; all of it might be too long.
    private static func head(of path: String) -> String {
        ".\((path.split(separator: "/").last ?? "").prefix(40))\(mark)"
    }

    /// The folder that a path lies in.
    static func folder(of path: String) -> String {
        var parts = path[...]
        while parts.count > 1, parts.hasSuffix("/") { parts.removeLast() }
        guard let slash = parts.lastIndex(of: "/") else { return "." }
        return slash == parts.startIndex ? "/" : String(parts[..<slash])
    }
}
