// The functions of OpenMP's runtime that libtorch calls, with the names and meaning of libgomp's.
//
// libgomp's threads wait by spinning for milliseconds. Beside other work that takes the processor
// from the threads that they wait for, and everything is up to ten times slower; told to sleep at
// once (OMP_WAIT_POLICY=passive), they cost a fifth of the speed on a quiet machine. These do a
// little of the first and then the second.
//
// The rules: a region has as many threads as its caller's setting says; the setting is the
// thread's own (omp_set_num_threads). A region within a region of several threads has one.
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "CThreads.h"
#include "pool.h"

using cth::member;

namespace {

std::atomic<uint64_t> region_count{0};

int affinity_count(pid_t process = 0) {
    // The usual mask holds 1,024 processors; a larger machine refuses it.
    for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
        cpu_set_t *mask = CPU_ALLOC(processors);
        const size_t size = CPU_ALLOC_SIZE(processors);
        const bool is_known = mask && ::sched_getaffinity(process, size, mask) == 0;
        const int count = is_known ? CPU_COUNT_S(size, mask) : 0;
        CPU_FREE(mask);
        if (is_known) return std::max(count, 1);
    }
    return 1;
}

// The setting of threads that have made none of their own.
int initial_setting() {
    static const int setting = [] {
        const char *variable = std::getenv("OMP_NUM_THREADS");
        const int number = variable ? std::atoi(variable) : 0;
        return number > 0 ? number : affinity_count();
    }();
    return setting;
}

thread_local int own_setting = 0;

int setting() { return own_setting > 0 ? own_setting : initial_setting(); }

cth::Pool &own_pool() {
    static thread_local cth::Pool pool;
    return pool;
}

// The team that the thread is in; alone where it is in none.
cth::Team &team() {
    static thread_local cth::Team alone(1);
    return member.team ? *member.team : alone;
}

cth::Share &enter(void (*start)(cth::Share &, const long *), const long *values = nullptr) {
    member.share = &team().share(member.shares_seen++, start, values);
    return *member.share;
}

void leave() {
    team().finish(*member.share);
    member.share = nullptr;
}

void start_loop(cth::Share &share, const long *values) {
    share.next = values[0];
    share.end = values[1];
    share.step = values[2];
    share.chunk = std::max(values[3], 1L);
}

// Waits for the turn of the piece that the thread has.
void await_turn() {
    auto &turn = member.share->turn;
    for (uint32_t present; (present = turn.value()) != member.piece;) turn.wait_while(present);
}

std::mutex critical, atomic_update, naming;

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int32_t cth_affinity_count(void) { return affinity_count(); }

EXPORTED int32_t cth_affinity_count_of(int32_t process) { return affinity_count(process); }

EXPORTED uint64_t cth_region_count(void) { return region_count; }

EXPORTED void omp_set_num_threads(int count) { own_setting = std::max(count, 1); }

EXPORTED int omp_get_max_threads(void) { return setting(); }

EXPORTED int omp_get_num_procs(void) { return affinity_count(); }

EXPORTED int omp_get_thread_num(void) { return member.number; }

EXPORTED int omp_get_num_threads(void) { return member.team ? member.team->size : 1; }

EXPORTED int omp_in_parallel(void) { return member.is_active; }

EXPORTED void GOMP_parallel(void (*body)(void *), void *data, unsigned count, unsigned) {
    region_count.fetch_add(1, std::memory_order_relaxed);
    const int size = member.is_active ? 1 : count > 0 ? static_cast<int>(count) : setting();
    if (size > 1) return own_pool().run(body, data, size);
    cth::Team alone(1);
    const cth::Member outside = member;
    member = {&alone, 0, outside.is_active};
    body(data);
    member = outside;
}

EXPORTED void GOMP_barrier(void) { team().wait_for_all(); }

EXPORTED bool GOMP_single_start(void) {
    long from, to;
    uint32_t number;
    auto &share = enter([](cth::Share &share, const long *) { share.end = 1; });
    const bool is_first = share.take(&from, &to, &number);
    leave();
    return is_first;
}

EXPORTED bool GOMP_loop_dynamic_next(long *from, long *to) {
    return member.share->take(from, to, &member.piece);
}

EXPORTED bool GOMP_loop_dynamic_start(long start, long end, long step, long chunk, long *from,
                                      long *to) {
    const long values[] = {start, end, step, chunk};
    return enter(start_loop, values).take(from, to, &member.piece);
}

EXPORTED void GOMP_loop_end_nowait(void) { leave(); }

EXPORTED void GOMP_loop_end(void) {
    leave();
    GOMP_barrier();
}

EXPORTED bool GOMP_loop_ordered_dynamic_start(long start, long end, long step, long chunk,
                                              long *from, long *to) {
    return GOMP_loop_dynamic_start(start, end, step, chunk, from, to);
}

EXPORTED bool GOMP_loop_ordered_dynamic_next(long *from, long *to) {
    // The turn goes on when a piece is done, whether it had anything to do in order or not.
    await_turn();
    member.share->turn.set(member.piece + 1);
    return GOMP_loop_dynamic_next(from, to);
}

EXPORTED void GOMP_ordered_start(void) { await_turn(); }

EXPORTED void GOMP_ordered_end(void) {}

EXPORTED unsigned GOMP_sections_next(void) {
    long from, to;
    return member.share->take(&from, &to, &member.piece) ? static_cast<unsigned>(from) : 0;
}

EXPORTED unsigned GOMP_sections_start(unsigned count) {
    const long values[] = {1, static_cast<long>(count) + 1, 1, 1};
    enter(start_loop, values);
    return GOMP_sections_next();
}

EXPORTED void GOMP_sections_end_nowait(void) { leave(); }

EXPORTED void GOMP_critical_start(void) { critical.lock(); }

EXPORTED void GOMP_critical_end(void) { critical.unlock(); }

EXPORTED void GOMP_critical_name_start(void **name) {
    std::mutex *mutex;
    {
        std::lock_guard<std::mutex> lock(naming);
        if (!*name) *name = new std::mutex();
        mutex = static_cast<std::mutex *>(*name);
    }
    mutex->lock();
}

EXPORTED void GOMP_critical_name_end(void **name) { static_cast<std::mutex *>(*name)->unlock(); }

EXPORTED void GOMP_atomic_start(void) { atomic_update.lock(); }

EXPORTED void GOMP_atomic_end(void) { atomic_update.unlock(); }
