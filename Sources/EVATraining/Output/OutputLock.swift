internal import EVATensorFiles
internal import Foundation

/// The right to write to an output folder, which one process at a time has.
///
/// The system holds the lock and lets go of it when the process ends, however that happens; on a
/// network file system its server does, so that processes of other machines are kept out too. The
/// file's text only says whose it is. A file system that has no locks goes by the text alone: there
/// a process of another machine is taken to be at work.
final class OutputLock {
    /// The name of the lock's file in the folder.
    static let fileName = ".evaclip-lock"

    private let path: String
    private var descriptor: Int32

    /// Who has the lock, as the file says.
    private struct Holder: Codable {
        let host: String
        let process: ProcessIdentity
    }

    /// Takes the lock.
    ///
    /// - Throws: `TrainingError` that names host and process of who has it.
    init(folder: String) throws(TrainingError) {
        path = "\(folder)/\(Self.fileName)"
        // Only who has the lock may take the file away, so nothing is set before that is sure.
        descriptor = try Self.lock(path, folder)
        try sign()
    }

    deinit { release() }

    /// What the lock of a folder says, for those who are to see the same one; nil for no lock.
    static func text(in folder: String) -> String? {
        FileManager.default.contents(atPath: "\(folder)/\(fileName)")
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Lets another process have the folder.
    func release() {
        guard descriptor >= 0 else { return }
        // The name goes first, so that nobody locks a file that is about to lose it.
        unlink(path)
        close(descriptor)
        descriptor = -1
    }

    private static func lock(_ path: String, _ folder: String) throws(TrainingError) -> Int32 {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw failure(path) }
            do throws(TrainingError) {
                if try take(descriptor, path, folder) { return descriptor }
            } catch {
                close(descriptor)
                throw error
            }
            // Whoever had the lock took the file away when it let go: there may be a new one.
            close(descriptor)
        }
    }

    /// - Returns: whether the lock is of the file that has the name now.
    private static func take(_ descriptor: Int32, _ path: String, _ folder: String)
        throws(TrainingError) -> Bool
    {
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            let holder = holder(path)
            switch code {
            case EWOULDBLOCK: throw refusal(folder, holder)
            case EINTR: return false
            case ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL:
                if let holder, holder.process.isAlive ?? true {
                    throw refusal(
                        folder, holder,
                        "this file system has no locks: remove \(path) if that process has ended")
                }
            default: throw failure(path)
            }
        }
        var (mine, named) = (stat(), stat())
        return fstat(descriptor, &mine) == 0 && stat(path, &named) == 0
            && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
    }

    private func sign() throws(TrainingError) {
        let holder = Holder(
            host: ProcessInfo.processInfo.hostName, process: ProcessIdentity.current)
        guard let text = try? JSONEncoder().encode(holder), ftruncate(descriptor, 0) == 0,
            text.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, 0) })
                == text.count
        else { throw Self.failure(path) }
    }

    private static func holder(_ path: String) -> Holder? {
        FileManager.default.contents(atPath: path).flatMap {
            try? JSONDecoder().decode(Holder.self, from: $0)
        }
    }

    private static func refusal(_ folder: String, _ holder: Holder?, _ hint: String? = nil)
        -> TrainingError
    {
        let who = holder.map { "process \($0.process.pid) on \($0.host)" } ?? "another process"
        return TrainingError(
            "--output_dir \(folder): \(who) is writing to it; wait for its end or choose another "
                + "folder" + (hint.map { "; \($0)" } ?? ""))
    }

    private static func failure(_ path: String) -> TrainingError {
        TrainingError("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
}
