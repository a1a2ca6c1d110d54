// A thread's helpers: they live as long as it does and run its parallel regions with it.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "team.h"

namespace cth {

class Pool {
  public:
    ~Pool();

    // Runs `body(data)` on a team of `size` threads, this one among them, or of fewer where the
    // system gives no more.
    void run(void (*body)(void *), void *data, int size);

  private:
    struct Helper {
        Signal start;  // counts the regions that the helper has been given
        std::thread thread;
    };

    std::vector<std::unique_ptr<Helper>> helpers_;
    Signal working_;
    void (*body_)(void *) = nullptr;
    void *data_ = nullptr;
    Team *team_ = nullptr;

    int add_helpers(int count);
    void serve(Helper &helper, int number);
};

}  // namespace cth
