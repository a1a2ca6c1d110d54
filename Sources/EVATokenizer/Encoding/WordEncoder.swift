/// Encodes words one after the other, keeping its working memory between them.
struct WordEncoder {
    private let vocabulary: Vocabulary
    /// The word's present symbols, as a list linked through `next` and `previous`; a symbol that
    /// was joined to its left neighbour is -1.
    private var symbols: [Int32] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var candidates = MergeQueue()

    init(vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
    }

    /// Appends a word's tokens.
    mutating func encode(_ word: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
        if let token = vocabulary.wordEnds[word] {
            tokens.append(token)
        } else {
            merge(word)
            tokens.append(contentsOf: symbols.lazy.filter { $0 >= 0 })
        }
    }

    /// Leaves a word's tokens in `symbols`.
    ///
    /// Always joins the pair that comes first in the vocabulary, from left to right: n log n steps
    /// for n bytes, so that a caption of one endless word does no harm.
    private mutating func merge(_ word: UnsafeBufferPointer<UInt8>) {
        symbols.removeAll(keepingCapacity: true)
        symbols.append(
            contentsOf: word.lazy.map { [vocabulary] in vocabulary.byteSymbols[Int($0)] })
        symbols[symbols.count - 1] += 256
        let count = Int32(symbols.count)
        next.removeAll(keepingCapacity: true)
        next.append(contentsOf: 1...count)
        previous.removeAll(keepingCapacity: true)
        previous.append(contentsOf: -1..<(count - 1))
        for position in 0..<(count - 1) {
            propose(position)
        }
        while let candidate = candidates.popFirst() {
            let position = Int(candidate.position)
            let right = next[position]
            // Either symbol may have been joined to another since this pair was proposed.
            guard right < count, symbols[position] >= 0,
                vocabulary.merges[symbols[position], symbols[Int(right)]] == candidate.result
            else { continue }
            symbols[position] = candidate.result
            symbols[Int(right)] = -1
            next[position] = next[Int(right)]
            if next[position] < count {
                previous[Int(next[position])] = candidate.position
                propose(candidate.position)
            }
            if previous[position] >= 0 {
                propose(previous[position])
            }
        }
    }

    /// Queues the pair that begins at a position, if the vocabulary joins it.
    private mutating func propose(_ position: Int32) {
        let left = symbols[Int(position)]
        let right = symbols[Int(next[Int(position)])]
        if let result = vocabulary.merges[left, right] {
            candidates.insert(MergeQueue.Candidate(result: result, position: position))
        }
    }
}
