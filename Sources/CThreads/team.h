// The threads of one parallel region, and how they share what it divides.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "waiting.h"

namespace cth {

// What the threads of a team take pieces of: a loop's iterations, or numbered sections.
struct Share {
    bool is_started = false;
    int finished = 0;  // threads that are through with it
    long next = 0, end = 0, step = 1, chunk = 1;
    // Pieces are numbered as they are taken; those of an ordered loop have their turns in order.
    uint32_t taken = 0;
    Signal turn;

    // The next piece as a range of iterations; false when none is left.
    bool take(long *from, long *to, uint32_t *number);
    std::mutex mutex;
};

struct Team {
    const int size;
    explicit Team(int size) : size(size) {}

    // The i-th thing that the team's threads share in this region. Threads may run ahead: each
    // counts by itself, and what all are through with is let go.
    Share &share(uint64_t index, void (*start)(Share &, const long *), const long *values);
    void finish(Share &share);
    void wait_for_all();

  private:
    std::mutex mutex_;
    std::deque<std::unique_ptr<Share>> shares_;
    uint64_t first_ = 0;
    std::atomic<int> missing_{size};
    Signal generation_;
};

// What a thread knows of the region that it is in.
struct Member {
    Team *team = nullptr;  // none outside of all regions
    int number = 0;
    bool is_active = false;  // whether this region or one around it has several threads
    uint64_t shares_seen = 0;
    Share *share = nullptr;
    uint32_t piece = 0;
};

inline thread_local Member member;

}  // namespace cth
