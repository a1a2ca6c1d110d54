// A CPU allocator that keeps memory between steps.
//
// The system's allocator gives large blocks back as soon as they are free, so that every step
// pays for page faults again: copying into fresh memory is six times slower than into memory that
// was used before. Here memory is taken from the system in large segments and cut best-fit; free
// neighbours are joined. Small blocks are left to malloc, which keeps them anyway.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <mutex>
#include <new>
#include <set>
#include <sstream>
#include <unordered_map>

#include "CTorchMemory.h"

namespace {

constexpr size_t alignment = 64;
constexpr size_t small_limit = size_t(64) << 10;
constexpr size_t block_granularity = 4096;
constexpr size_t segment_size = size_t(1) << 30;  // address space; memory only once touched

struct Block {
    char *start;
    size_t size;
    Block *previous = nullptr;  // neighbours in the same segment
    Block *next = nullptr;
    bool free = true;
};

struct BySize {
    bool operator()(const Block *a, const Block *b) const {
        return a->size != b->size ? a->size < b->size : a->start < b->start;
    }
};

class KeepingAllocator final : public c10::Allocator {
  public:
    c10::DataPtr allocate(size_t size) override {
        void *memory = size == 0 ? nullptr : take(size);
        return {memory, memory, &release, at::Device(at::kCPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &release; }

    void copy_data(void *to, const void *from, size_t count) const override {
        std::memcpy(to, from, count);
    }

    ct_allocator_statistics read() {
        std::lock_guard<std::mutex> lock(mutex_);
        return statistics_;
    }

    void reset_peak() {
        std::lock_guard<std::mutex> lock(mutex_);
        statistics_.peak_bytes = statistics_.live_bytes;
    }

    void set_limit(uint64_t bytes) {
        std::lock_guard<std::mutex> lock(mutex_);
        limit_ = bytes;
    }

    static KeepingAllocator &shared() {
        // Never destroyed: tensors may outlive static destruction.
        static auto *allocator = new KeepingAllocator();
        return *allocator;
    }

  private:
    std::mutex mutex_;
    std::set<Block *, BySize> free_;
    std::unordered_map<void *, Block *> used_;
    ct_allocator_statistics statistics_ = {};
    uint64_t limit_ = UINT64_MAX;

    static void release(void *memory) {
        if (memory) shared().give_back(memory);
    }

    [[noreturn]] void refuse(size_t size) const {
        std::ostringstream text;
        text << std::fixed << std::setprecision(2) << size / 1e9 << " GB asked for beside "
             << statistics_.live_bytes / 1e9 << " GB in use";
        if (limit_ < UINT64_MAX) text << ", of " << limit_ / 1e9 << " GB that there are";
        TORCH_CHECK_WITH(OutOfMemoryError, false, text.str());
    }

    void *take(size_t size) {
        if (size < small_limit) {
            void *memory = nullptr;
            if (::posix_memalign(&memory, alignment, size) != 0) refuse(size);
            return memory;
        }
        const size_t rounded = (size + block_granularity - 1) / block_granularity * block_granularity;
        std::lock_guard<std::mutex> lock(mutex_);
        // The system hands out addresses for more memory than there is, and ends the process when
        // it is touched: what cannot fit is refused before.
        if (size > limit_ || rounded > limit_ - std::min(statistics_.live_bytes, limit_)) {
            refuse(size);
        }
        Block key{nullptr, rounded};
        auto found = free_.lower_bound(&key);
        Block *block = found != free_.end() ? *found : add_segment(std::max(rounded, segment_size));
        free_.erase(block);
        if (block->size > rounded) cut(block, rounded);
        block->free = false;
        used_[block->start] = block;
        statistics_.live_bytes += block->size;
        statistics_.allocation_count += 1;
        statistics_.peak_bytes = std::max(statistics_.peak_bytes, statistics_.live_bytes);
        return block->start;
    }

    void give_back(void *memory) {
        std::unique_lock<std::mutex> lock(mutex_);
        auto found = used_.find(memory);
        if (found == used_.end()) {
            lock.unlock();
            ::free(memory);
            return;
        }
        Block *block = found->second;
        used_.erase(found);
        statistics_.live_bytes -= block->size;
        block->free = true;
        if (block->next && block->next->free) join(block, block->next);
        if (block->previous && block->previous->free) {
            Block *previous = block->previous;
            join(previous, block);
            block = previous;
        }
        free_.insert(block);
    }

    Block *add_segment(size_t size) {
        void *memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) refuse(size);
        ::madvise(memory, size, MADV_HUGEPAGE);
        statistics_.reserved_bytes += size;
        auto *block = new Block{static_cast<char *>(memory), size};
        free_.insert(block);
        return block;
    }

    // Leaves `size` bytes in `block` and makes the rest a free neighbour.
    void cut(Block *block, size_t size) {
        auto *rest = new Block{block->start + size, block->size - size, block, block->next};
        if (rest->next) rest->next->previous = rest;
        block->next = rest;
        block->size = size;
        free_.insert(rest);
    }

    // Takes `right` into `left`; the caller puts `left` among the free blocks.
    void join(Block *left, Block *right) {
        free_.erase(left);
        free_.erase(right);
        left->size += right->size;
        left->next = right->next;
        if (left->next) left->next->previous = left;
        delete right;
    }
};

}  // namespace

extern "C" {

void ct_allocator_install(uint64_t limit) {
    KeepingAllocator::shared().set_limit(limit);
    c10::SetCPUAllocator(&KeepingAllocator::shared(), 1);
}

ct_allocator_statistics ct_allocator_read(void) { return KeepingAllocator::shared().read(); }

void ct_allocator_reset_peak(void) { KeepingAllocator::shared().reset_peak(); }

}  // extern "C"
