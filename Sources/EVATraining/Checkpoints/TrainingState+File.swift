internal import EVAData
internal import EVAOptimization
internal import Foundation

// The state as a file, which people edit.
extension TrainingState {
    /// Reads a state and makes sure that a run can stand there.
    ///
    /// - Throws: `TrainingError` that says what is wrong with the file.
    init(json data: Data, path: String) throws(TrainingError) {
        do {
            self = try JSONDecoder().decode(TrainingState.self, from: data)
        } catch {
            throw TrainingError("\(path): not the state of a run: \(Self.text(error))")
        }
        guard let problem else { return }
        throw TrainingError(
            "\(path): not the state of a run: \(problem); restore the file, or go on from another "
                + "checkpoint")
    }

    /// The state as a file holds it: the same bytes for the same state.
    var json: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try [UInt8](encoder.encode(self))
        }
    }

    /// The first number that no run comes to.
    private var problem: String? {
        let ranges: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("totalSteps", totalSteps, 1...(1 << 40)),
            ("step", step, 0...max(0, totalSteps)),
            ("skippedSteps", skippedSteps, 0...max(0, step)),
            ("nonfiniteSteps", nonfiniteSteps, 0...max(0, step)),
            ("unreportedSteps", unreportedSteps, 0...max(0, step)),
            ("unreportedSkips", unreportedSkips, 0...max(0, unreportedSteps)),
            ("evaluatedStep", evaluatedStep, 0...max(0, step)),
            ("dataDelay", dataDelay, 0...max(0, step)),
            ("scheduleStart", scheduleStart, 0...max(0, step - skippedSteps)),
            ("averagedSteps", averagedSteps ?? 0, 0...max(0, step)),
            ("best.step", best?.step ?? 0, 0...max(0, step)),
            ("lossScale.goodSteps", lossScale?.goodSteps ?? 0, 0...LossScale.growthInterval - 1),
        ]
        if let wrong = ranges.first(where: { !$0.range.contains($0.value) }) {
            return "\(wrong.name) is \(wrong.value), expected \(wrong.range.lowerBound) to "
                + "\(wrong.range.upperBound)"
        }
        if let scale = lossScale?.value, !(scale > 0 && scale.isFinite) {
            return "lossScale.value is \(scale), expected a number above 0"
        }
        let positions = (streamPosition.map { [$0] } ?? []) + (rankPositions ?? [])
        let places = positions.flatMap { position in
            [position.records]
                + position.cursors.flatMap { [$0.pass, $0.shard, $0.record, $0.delivered] }
        }
        guard let wrong = places.first(where: { !(0...(1 << 48)).contains($0) }) else {
            return nil
        }
        return "streamPosition has \(wrong), expected numbers from 0"
    }

    private static func text(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context, _ key: String? = nil) -> String {
            (context.codingPath.map(\.stringValue) + (key.map { [$0] } ?? []))
                .joined(separator: ".")
        }
        return switch error as? DecodingError {
        case .keyNotFound(let key, let context): "\(path(context, key.stringValue)) is missing"
        case .typeMismatch(let type, let context): "\(path(context)) is no \(type)"
        case .valueNotFound(let type, let context): "\(path(context)) is null, expected \(type)"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(path(context)): \(context.debugDescription)"
        default: "it is no JSON object"
        }
    }
}
