import EVAConfiguration
import EVATestSupport
import Testing

@testable import EVATraining

/// What is due after which step.
@Suite struct CadenceTests {
    private let tiny: TinyTraining

    init() throws { tiny = try TinyTraining() }

    /// The steps of a run of seven, three an epoch, after which each thing is due.
    private func schedule(_ flags: String, dataDelay: Int = 0) throws -> [Cadence.Due] {
        let configuration = try tiny.configuration(
            "a", flags.split(separator: " ").map(String.init))
        let cadence = Cadence(configuration, totalSteps: 7, stepsPerEpoch: 3)
        return (1...7).map { cadence.due(afterStep: $0, dataStep: $0 - dataDelay) }
    }

    private static let evaluates =
        "--classification_eval labelled --evaluation_strategy "

    /// Flags, a thing, and the steps after which it is due.
    private static let table: [(String, Cadence.Due, [Int])] = [
        ("--logging_steps 3", Cadence.Due.report, [3, 6, 7]),
        ("--logging_steps 3 --logging_first_step", .report, [1, 3, 6, 7]),
        ("--logging_strategy no", .report, [7]),
        ("--logging_strategy epoch", .report, [3, 6, 7]),
        ("--save_strategy steps --save_steps 2", .checkpoint, [2, 4, 6, 7]),
        ("--save_strategy epoch", .checkpoint, [3, 6, 7]),
        ("--save_strategy no", .checkpoint, []),
        (
            "--save_strategy steps --save_steps 4 --stop_after_steps 5", .checkpoint,
            [4, 5, 6, 7]
        ),
        (evaluates + "steps --eval_steps 4", .evaluation, [4]),
        (evaluates + "steps --eval_steps 4 --minimum_eval_times 3", .evaluation, [2, 4, 6]),
        (evaluates + "epoch", .evaluation, [3, 6]),
        ("", .evaluation, []),
        ("", .stop, [7]),
        ("--stop_after_steps 5", .stop, [5, 6, 7]),
        ("--stop_after_steps 9", .stop, [7]),
    ]

    @Test("What is due follows from the step alone", arguments: table)
    func steps(flags: String, thing: Cadence.Due, steps: [Int]) throws {
        let due = try schedule(flags)
        #expect((1...7).filter { due[$0 - 1].contains(thing) } == steps)
    }

    @Test("Epochs are counted by the data, which may lag behind")
    func lag() throws {
        let due = try schedule(
            "--logging_strategy epoch --save_strategy epoch " + Self.evaluates + "epoch",
            dataDelay: 1)
        for thing in [Cadence.Due.report, .checkpoint, .evaluation] {
            let steps = (2...7).filter { due[$0 - 1].contains(thing) }
            #expect(steps == [4, 7])
        }
    }

    @Test("A checkpoint is due by the clock too")
    func clock() throws {
        let configuration = try tiny.configuration("a", ["--save_minutes", "2"])
        let cadence = Cadence(configuration, totalSteps: 7, stepsPerEpoch: 3)
        for (seconds, isDue) in [(0, false), (119, false), (120, true)] {
            let due = cadence.due(afterStep: 1, dataStep: 1, sinceSave: .seconds(seconds))
            #expect(due.contains(.checkpoint) == isDue)
        }
    }

    @Test("A run that has taken all its steps takes none")
    func finished() throws {
        let cadence = Cadence(try tiny.configuration("a"), totalSteps: 7, stepsPerEpoch: 3)
        #expect(!cadence.due(afterStep: 0, dataStep: 0).contains(.stop))
        #expect(cadence.due(afterStep: 7, dataStep: 7).contains(.stop))
    }
}
