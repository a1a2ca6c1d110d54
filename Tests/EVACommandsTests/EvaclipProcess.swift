import EVATestSupport
import Foundation
import Testing

/// The built command as a process of its own, with an empty environment.
final class EvaclipProcess {
    /// How a process ended and what it said.
    struct Outcome {
        /// The exit code; nil where a signal ended the process.
        let code: Int32?
        /// The signal that ended the process; nil where it exited.
        let signal: Int32?
        let output: String
        let errors: String

        /// The lines on standard error that say why the command failed.
        var errorLines: [Substring] {
            errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        }
    }

    let identifier: pid_t
    private let outputFile: String
    private let errorFile: String

    /// The command lies beside the program that runs the tests, whatever the configuration.
    static var executable: String {
        get throws {
            let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let folders = [
                (runner as NSString).deletingLastPathComponent,
                ((Fixtures.path("") as NSString).standardizingPath as NSString)
                    .deletingLastPathComponent,
            ].flatMap { [$0, ($0 as NSString).deletingLastPathComponent] }
            return try #require(
                folders.map { $0 + "/evaclip" }.first {
                    FileManager.default.isExecutableFile(atPath: $0)
                }, "no evaclip in \(folders)")
        }
    }

    /// Starts the command.
    ///
    /// - Parameters:
    ///   - shell: shell commands that run before it in the same process.
    ///   - output: where standard output goes instead of to the outcome.
    ///   - errors: where standard error goes instead of to the outcome: a device.
    init(
        _ arguments: [String], shell: String? = nil, output: String? = nil, errors: String? = nil
    ) throws {
        let base = (NSTemporaryDirectory() as NSString).appendingPathComponent(
            "evaclip-" + UUID().uuidString)
        outputFile = output ?? base + ".out"
        errorFile = errors ?? base + ".err"
        var words = [try Self.executable] + arguments
        if let shell { words = ["/bin/sh", "-c", shell + "; exec \"$0\" \"$@\""] + words }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, path) in [(STDOUT_FILENO, outputFile), (STDERR_FILENO, errorFile)] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, path, O_WRONLY | O_CREAT, 0o600)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        defer { for argument in arguments { free(argument) } }
        // Threads that run tests block signals, which a child would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // And what the program that runs the tests ignores is not ignored by a user's shell.
        var usual = sigset_t()
        sigemptyset(&usual)
        for number in [SIGPIPE, SIGHUP, SIGUSR1] { sigaddset(&usual, number) }
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var identifier: pid_t = 0
        let status = posix_spawn(
            &identifier, words[0], &actions, &attributes, &arguments, &environment)
        try #require(status == 0, "\(words[0]): \(String(cString: strerror(status)))")
        self.identifier = identifier
    }

    /// What `mpirun` needs of the environment, as shell commands.
    static let launcher = """
        export PATH=/usr/local/bin:/usr/bin:/bin HOME=/tmp OMPI_ALLOW_RUN_AS_ROOT=1 \\
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        """

    /// Starts the command on so many ranks.
    static func ranks(_ count: Int, _ arguments: [String]) throws -> EvaclipProcess {
        try EvaclipProcess(
            arguments,
            shell: launcher + "\nexec mpirun -np \(count) --oversubscribe \"$0\" \"$@\"")
    }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Waits until the process has brought something about, two minutes at most.
    func wait(until isDone: () -> Bool) throws {
        let start = ContinuousClock.now
        while !isDone() {
            try #require(ContinuousClock.now - start < .seconds(120), "it did not come about")
            usleep(2000)
        }
    }

    /// Waits for the end.
    func wait() throws -> Outcome {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 { try #require(errno == EINTR) }
        let signal = status & 0x7f
        defer {
            if errorFile.hasSuffix(".err") { unlink(errorFile) }
            if outputFile.hasSuffix(".out") { unlink(outputFile) }
        }
        return Outcome(
            code: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
            output: text(outputFile), errors: text(errorFile))
    }

    private func text(_ path: String) -> String {
        guard path.hasPrefix("/dev/") == false else { return "" }
        return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Runs the command to its end.
    static func run(_ arguments: [String], shell: String? = nil, output: String? = nil) throws
        -> Outcome
    {
        try EvaclipProcess(arguments, shell: shell, output: output).wait()
    }

    /// Runs a command that must succeed.
    @discardableResult
    static func succeed(
        _ arguments: String..., location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try run(arguments)
        try #require(
            outcome.code == 0, "\(arguments): \(outcome.errors)", sourceLocation: location)
        return outcome.output
    }

    /// Runs a command that must fail with nothing but one line on standard error, warnings aside,
    /// which holds some words.
    static func expectFailure(
        _ arguments: [String], code: Int32, words: [String],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try run(arguments)
        #expect(outcome.code == code, "\(arguments): \(outcome)", sourceLocation: location)
        let lines = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("warning: ") }
        #expect(
            lines.count == 1 && lines[0].hasPrefix("error: "), "\(outcome.errors)",
            sourceLocation: location)
        for word in words {
            #expect(
                outcome.errors.contains(word), "no '\(word)' in: \(outcome.errors)",
                sourceLocation: location)
        }
    }
}
