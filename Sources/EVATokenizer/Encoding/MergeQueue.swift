/// Possible merges of one word, the next to apply first: a binary heap.
struct MergeQueue {
    /// A pair of symbols that could be joined; by result, then by position.
    struct Candidate: Comparable {
        let result: Int32
        let position: Int32

        static func < (left: Candidate, right: Candidate) -> Bool {
            (left.result, left.position) < (right.result, right.position)
        }
    }

    /// Every element is at most the ones at twice its index plus one and plus two.
    private var heap: [Candidate] = []

    mutating func insert(_ candidate: Candidate) {
        heap.append(candidate)
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popFirst() -> Candidate? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return last }
        heap[0] = last
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { return first }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[index] else { return first }
            heap.swapAt(index, child)
            index = child
        }
    }
}
