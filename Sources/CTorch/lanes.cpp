// What a GPU does beside what it computes: copies to it, and the work of other libraries.
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <memory>

#include "guarded.h"

namespace {

struct Lane {
    c10::Device device;
    c10::impl::VirtualGuardImpl backend;
    // One for good: the allocator keeps free memory by stream.
    c10::Stream stream;
    c10::Event copied;

    explicit Lane(c10::Device device)
        : device(device), backend(device.type()), stream(backend.getStreamFromGlobalPool(device)),
          copied(device.type()) {}
};

Lane &lane(ct_lane handle) { return *reinterpret_cast<Lane *>(handle); }

}  // namespace

extern "C" {

char *ct_lane_create(ct_device device, ct_lane *out) {
    return ct::guarded(
        [&] { *out = reinterpret_cast<ct_lane>(new Lane(ct::device(device))); });
}

void ct_lane_free(ct_lane handle) { delete &lane(handle); }

char *ct_lane_copy(ct_lane handle, const ct_tensor *sources, size_t count, ct_tensor *copies) {
    return ct::guarded([&] {
        auto &way = lane(handle);
        const c10::StreamGuard guard(way.stream);
        for (size_t i = 0; i < count; ++i) {
            // Pinned memory that is let go of meanwhile waits for the copy before it is used again.
            copies[i] = ct::owned(ct::tensor(sources[i]).to(
                way.device, ct::tensor(sources[i]).scalar_type(), /*non_blocking=*/true,
                /*copy=*/true));
        }
        way.copied.record(way.stream);
    });
}

char *ct_lane_join(ct_lane handle, const ct_tensor *copies, size_t count) {
    return ct::guarded([&] {
        auto &way = lane(handle);
        const auto computing = way.backend.getStream(way.device);
        way.copied.block(computing);
        for (size_t i = 0; i < count; ++i) {
            // The memory belongs to the lane: it must not be handed out there while it is read here.
            way.backend.recordDataPtrOnStream(ct::tensor(copies[i]).storage().data_ptr(), computing);
        }
    });
}

char *ct_lane_follow(ct_lane handle, void **stream) {
    return ct::guarded([&] {
        auto &way = lane(handle);
        c10::Event computed(way.device.type());
        computed.record(way.backend.getStream(way.device));
        computed.block(way.stream);
        *stream = way.stream.native_handle();
    });
}

char *ct_lane_mark(ct_lane handle, ct_mark *out) {
    return ct::guarded([&] {
        auto &way = lane(handle);
        auto mark = std::make_unique<c10::Event>(way.device.type());
        mark->record(way.stream);
        *out = reinterpret_cast<ct_mark>(mark.release());
    });
}

char *ct_mark_is_reached(ct_mark mark, bool *out) {
    return ct::guarded([&] { *out = reinterpret_cast<c10::Event *>(mark)->query(); });
}

void ct_mark_free(ct_mark mark) { delete reinterpret_cast<c10::Event *>(mark); }

}  // extern "C"
