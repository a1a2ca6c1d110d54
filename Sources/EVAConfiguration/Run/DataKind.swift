/// What kind of data a word of `--task_name` names, by its spelling alone.
package enum DataKind: Sendable, Equatable {
    /// COCO with its captions, in the layout of the original.
    case coco
    /// Scenes that the program draws.
    case shapes
    /// Ready tensors in a file.
    case tensors
    /// A CSV or TSV file.
    case table
    /// A JSON file, or JSON lines.
    case captions
    /// Tar files.
    case shards
    /// A file that lists the parts of the data.
    case list

    /// The kind of one word.
    package init(_ word: some StringProtocol) {
        // What follows the path of an address says nothing of the file.
        let isAddress = word.lowercased().hasPrefix("http")
        let name = word.prefix { !isAddress || $0 != "?" }.lowercased()
        func ends(in suffixes: String...) -> Bool { suffixes.contains(where: name.hasSuffix) }
        switch name {
        case "coco_clip", "coco_karpathy": self = .coco
        case "shapes": self = .shapes
        case _ where name.hasPrefix("tensors:"): self = .tensors
        case _ where ends(in: ".csv", ".tsv"): self = .table
        case _ where ends(in: ".json", ".jsonl"): self = .captions
        case _ where ends(in: ".tar", ".tar.gz", ".tgz"): self = .shards
        default: self = .list
        }
    }
}

extension TrainingDataConfiguration {
    /// The data sets that the task names, divided by `::` wherever that is not in the address of a
    /// host, `http://[::1]/`.
    package var words: [String] {
        var words: [String] = []
        for part in task.split(separator: "::", omittingEmptySubsequences: false) {
            if let last = words.last, let host = last.ranges(of: "//[").last,
                !last[host.upperBound...].contains("]")
            {
                words[words.count - 1] += "::" + part
            } else {
                words.append(String(part))
            }
        }
        return words.filter { !$0.isEmpty }
    }

    /// The kinds of all data sets of the task, in its order.
    package var kinds: [DataKind] { words.map { DataKind($0) } }
}
