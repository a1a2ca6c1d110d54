#include "pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <system_error>

namespace cth {

Pool::~Pool() {
    body_ = nullptr;
    for (auto &helper : helpers_) helper->start.set(helper->start.value() + 1);
    for (auto &helper : helpers_) helper->thread.join();
}

void Pool::run(void (*body)(void *), void *data, int size) {
    const int helpers = add_helpers(size - 1);
    Team team(helpers + 1);
    body_ = body;
    data_ = data;
    team_ = &team;
    working_.set(helpers);
    for (int i = 0; i < helpers; ++i) helpers_[i]->start.set(helpers_[i]->start.value() + 1);
    const Member outside = member;
    member = {&team, 0, outside.is_active || team.size > 1};
    body(data);
    member = outside;
    while (const uint32_t left = working_.value()) working_.wait_while(left);
}

// Makes helpers until there are `count`; gives how many of these there are.
int Pool::add_helpers(int count) {
    // A signal to the process is for the threads that know what to do about it.
    sigset_t all, before;
    const bool is_short = static_cast<int>(helpers_.size()) < count;
    if (is_short) {
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    while (static_cast<int>(helpers_.size()) < count) {
        auto helper = std::make_unique<Helper>();
        const int number = static_cast<int>(helpers_.size()) + 1;
        try {
            helper->thread = std::thread(&Pool::serve, this, std::ref(*helper), number);
        } catch (const std::system_error &) {
            break;
        }
        helpers_.push_back(std::move(helper));
    }
    if (is_short) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return std::min(count, static_cast<int>(helpers_.size()));
}

void Pool::serve(Helper &helper, int number) {
    ::pthread_setname_np(::pthread_self(), "evaclip-compute");
    for (uint32_t region = 0;; ++region) {
        helper.start.wait_while(region);
        if (!body_) return;
        member = {team_, number, true};
        body_(data_);
        working_.subtract_one();
    }
}

}  // namespace cth
