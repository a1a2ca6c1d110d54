#include "team.h"

#include <algorithm>

namespace cth {

bool Share::take(long *from, long *to, uint32_t *number) {
    std::lock_guard<std::mutex> lock(mutex);
    if (step > 0 ? next >= end : next <= end) return false;
    *from = next;
    next += chunk * step;
    if (step > 0 ? next > end : next < end) next = end;
    *to = next;
    *number = taken++;
    return true;
}

Share &Team::share(uint64_t index, void (*start)(Share &, const long *), const long *values) {
    std::lock_guard<std::mutex> lock(mutex_);
    while (first_ + shares_.size() <= index) shares_.push_back(std::make_unique<Share>());
    Share &share = *shares_[index - first_];
    if (!share.is_started) {
        start(share, values);
        share.is_started = true;
    }
    return share;
}

void Team::finish(Share &share) {
    std::lock_guard<std::mutex> lock(mutex_);
    share.finished += 1;
    while (!shares_.empty() && shares_.front()->finished == size) {
        shares_.pop_front();
        first_ += 1;
    }
}

void Team::wait_for_all() {
    if (size == 1) return;
    const uint32_t generation = generation_.value();
    if (missing_.fetch_sub(1) == 1) {
        missing_.store(size);
        generation_.set(generation + 1);
    } else {
        generation_.wait_while(generation);
    }
}

}  // namespace cth
