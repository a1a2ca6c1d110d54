internal import Foundation

/// What the files of AWS's own tools say of one profile: `~/.aws/credentials` and `~/.aws/config`.
struct AWSProfile {
    /// What is called `default` where nobody names another.
    let name: String
    /// The file of the keys.
    let credentialsPath: String
    private var values: [String: String] = [:]

    /// Reads the profile that the environment names.
    ///
    /// - Throws: `RemoteError` where it names one that is in neither file.
    init(environment: [String: String]) throws(RemoteError) {
        let wanted = environment.nonEmpty("AWS_PROFILE")
        name = wanted ?? "default"
        let folder = environment.nonEmpty("HOME").map { $0 + "/.aws/" }
        credentialsPath =
            environment.nonEmpty("AWS_SHARED_CREDENTIALS_FILE") ?? folder.map { $0 + "credentials" }
            ?? ""
        let configPath =
            environment.nonEmpty("AWS_CONFIG_FILE") ?? folder.map { $0 + "config" } ?? ""
        var isKnown = false
        // Keys of both files are those of the first.
        for (path, sections) in [
            (configPath, name == "default" ? ["default", "profile default"] : ["profile \(name)"]),
            (credentialsPath, [name]),
        ] {
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            let text = String(decoding: data, as: UTF8.self)
            for section in sections {
                guard let found = Self.values(of: section, in: text) else { continue }
                isKnown = true
                values.merge(found) { $1 }
            }
        }
        if let wanted, !isKnown {
            throw RemoteError(
                .unusable, "AWS_PROFILE",
                "\(wanted) is neither in \(credentialsPath) nor in "
                    + "\(configPath); correct the name, or unset it")
        }
    }

    /// A setting, by its name in lower case.
    subscript(key: String) -> String? { values.nonEmpty(key) }

    /// Settings by which other programs find keys.
    var foreignWays: [String] {
        ["role_arn", "sso_session", "sso_start_url", "credential_process"].filter {
            self[$0] != nil
        }
    }

    /// The lines `KEY = VALUE` below `[SECTION]`; nil where there is no such section.
    ///
    /// Lines that begin with a blank belong to the setting above, of which none is used here.
    private static func values(of section: String, in text: String) -> [String: String]? {
        var values: [String: String]?
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";", !first.isWhitespace else {
                continue
            }
            if first == "[" {
                let words = line.dropFirst().prefix { $0 != "]" }.split(separator: " ")
                isInside = words.joined(separator: " ") == section
                if isInside { values = values ?? [:] }
            } else if isInside, let equals = line.firstIndex(of: "=") {
                let key = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
                values?[key] = line[line.index(after: equals)...]
                    .trimmingCharacters(in: .whitespaces)
            }
        }
        return values
    }
}

extension [String: String] {
    /// A value that says something.
    func nonEmpty(_ key: String) -> String? { self[key].flatMap { $0.isEmpty ? nil : $0 } }
}
