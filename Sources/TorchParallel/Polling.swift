internal import Foundation

/// Asks until the answer is yes, at most so long.
///
/// - Returns: the last answer.
func poll<Failure: Error>(
    atMost limit: Duration, _ isDone: () throws(Failure) -> Bool
) throws(Failure) -> Bool {
    let deadline = ContinuousClock.now + limit
    var round = 0
    while try !isDone() {
        round += 1
        // Ranks may share a processor: let others come to theirs, first at once, then longer.
        if round < 1000 {
            sched_yield()
        } else {
            usleep(round < 10000 ? 20 : 500)
            if ContinuousClock.now > deadline { return try isDone() }
        }
    }
    return true
}
