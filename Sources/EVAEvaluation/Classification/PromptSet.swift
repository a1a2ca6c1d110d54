/// The sentences that stand for classes: every template filled with every class's name.
public struct PromptSet: Sendable, Equatable {
    /// The name of each class, in the order of the labels.
    public let classNames: [String]
    /// Sentences with `{}` where the name of a class goes.
    public let templates: [String]

    /// Describes the prompts.
    ///
    /// - Parameters:
    ///   - classNames: The name of each class, in the order of the labels.
    ///   - templates: Sentences with `{}`; the one template `{}` takes the names as they are.
    /// - Throws: `EvaluationError` when either list is empty, a name is blank or a template has no
    ///   `{}`.
    public init(classNames: [String], templates: [String] = ["{}"]) throws(EvaluationError) {
        guard !classNames.isEmpty else {
            throw EvaluationError("labels: expected at least one class")
        }
        guard !templates.isEmpty else {
            throw EvaluationError("templates: expected at least one sentence with {}")
        }
        for (index, name) in classNames.enumerated() where name.allSatisfy(\.isWhitespace) {
            throw EvaluationError("labels: class \(index + 1) has a blank name")
        }
        for (index, template) in templates.enumerated() where !template.contains("{}") {
            throw EvaluationError(
                "templates: number \(index + 1): expected {} where the class name goes, "
                    + "got '\(template)'")
        }
        self.classNames = classNames
        self.templates = templates
    }

    /// The sentences of one class, in the order of the templates.
    ///
    /// - Parameter index: A class in the order of `classNames`.
    /// - Returns: A sentence for every template.
    public func prompts(ofClass index: Int) -> [String] {
        templates.map { $0.split(separator: "{}", omittingEmptySubsequences: false) }
            .map { $0.joined(separator: classNames[index]) }
    }
}
