// Work divided over the threads that libtorch's own operators run on.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

// OpenMP's entry for a parallel region, called by hand: at::parallel_for has one thread where a
// compiler is not told of OpenMP, and SwiftPM has no way to tell it.
extern "C" void GOMP_parallel(void (*body)(void *), void *data, unsigned count, unsigned flags);

namespace ck {

// Calls `body(i)` for each i below `count`, in any order, on as many threads as one operator may
// use. `body` throws nothing.
template <class Body> void parallel(int64_t count, const Body &body) {
    const int64_t threads = std::min<int64_t>(at::get_num_threads(), count);
    if (threads < 2) {
        for (int64_t i = 0; i < count; ++i) body(i);
        return;
    }
    struct Work {
        std::atomic<int64_t> next{0};
        int64_t count;
        const Body &body;
    } work{{0}, count, body};
    GOMP_parallel(
        [](void *data) {
            auto &work = *static_cast<Work *>(data);
            for (int64_t i; (i = work.next.fetch_add(1, std::memory_order_relaxed)) < work.count;) {
                work.body(i);
            }
        },
        &work, static_cast<unsigned>(threads), 0);
}

}  // namespace ck
