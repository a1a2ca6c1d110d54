// A number that threads wait on, awake for a short while and then asleep.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace cth {

// How long a waiting thread watches before it sleeps. Work mostly comes within microseconds of the
// last, and waking a sleeper takes tens of them. A thread that watches for longer takes the core
// from the very thread that it waits for when others run there too.
inline std::atomic<int64_t> watch_nanoseconds{100'000};

inline int64_t now() {
    timespec time;
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * int64_t(1'000'000'000) + time.tv_nsec;
}

inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

class alignas(64) Signal {
  public:
    uint32_t value() const { return value_.load(std::memory_order_acquire); }

    void set(uint32_t value) {
        value_.store(value);
        wake();
    }

    // Wakes the waiting at zero.
    void subtract_one() {
        if (value_.fetch_sub(1) == 1) wake();
    }

    // Returns once the value is another than `old`.
    void wait_while(uint32_t old) {
        if (value() != old) return;
        const int64_t limit = now() + watch_nanoseconds.load(std::memory_order_relaxed);
        do {
            for (int i = 0; i < 32; ++i) {
                if (value() != old) return;
                relax();
            }
        } while (now() < limit);
        sleepers_.fetch_add(1);
        while (value_.load() == old) {
            ::syscall(SYS_futex, reinterpret_cast<uint32_t *>(&value_), FUTEX_WAIT_PRIVATE, old,
                      nullptr, nullptr, 0);
        }
        sleepers_.fetch_sub(1);
    }

  private:
    std::atomic<uint32_t> value_{0};
    std::atomic<uint32_t> sleepers_{0};

    // Stores of the value and reads of the sleepers are in one order for all threads, so a sleeper
    // is either seen here or sees the value.
    void wake() {
        if (sleepers_.load() == 0) return;
        ::syscall(SYS_futex, reinterpret_cast<uint32_t *>(&value_), FUTEX_WAKE_PRIVATE, INT32_MAX,
                  nullptr, nullptr, 0);
    }
};

}  // namespace cth
