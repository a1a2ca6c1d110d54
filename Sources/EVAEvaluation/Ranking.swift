/// Places in a row of scores.
enum Ranking {
    /// How many scores come before that of `target`: the larger ones, and of equal ones those
    /// with a lower index.
    ///
    /// A score that is not a number comes before every other, and a target that is not one comes
    /// last, so that a broken model is never taken for a good one.
    static func rank(of target: Int, in scores: UnsafeBufferPointer<Float>) -> Int {
        let score = scores[target]
        var rank = 0
        for index in 0..<target where !(scores[index] < score) { rank += 1 }
        for index in target + 1..<scores.count where !(scores[index] <= score) { rank += 1 }
        return rank
    }

    /// The first of the largest scores among some; nil where there are none.
    static func best(
        of indices: some Sequence<Int>, in scores: UnsafeBufferPointer<Float>
    ) -> Int? {
        indices.max { a, b in (scores[a], b) < (scores[b], a) }
    }
}
