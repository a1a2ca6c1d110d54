internal import ArgumentParser

/// `evaclip demo`: trains on the embedded data set, evaluates, and shows the result.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Trains a small model on the embedded data set and writes a report.")
}
