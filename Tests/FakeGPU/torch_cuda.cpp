// A libtorch_cuda.so whose GPUs are the CPU, but no less strict than one.
//
// It registers what libtorch asks of a CUDA side: hooks, device guard, allocator, and for every
// operator a kernel that computes on the CPU. Where a GPU would fail or give wrong numbers, so does
// this: tensors of different devices in one operator, a CPU's random source, memory of another
// stream that was not said to be used, copies that were not waited for.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_as_complex_native.h>
#include <ATen/ops/view_as_real_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace {

using c10::Device;
using c10::DeviceIndex;
using c10::Stream;
using c10::StreamId;

constexpr size_t gpu_count = 2;
thread_local DeviceIndex current_device = 0;
thread_local std::array<StreamId, gpu_count> current_streams = {};
std::recursive_mutex lock;
// Whether an operator computes, which copies for itself.
thread_local bool is_computing = false;

// How often the host was given something back; told in the end to who asks for it.
struct Readbacks {
    std::atomic<int> count = 0;
    ~Readbacks() {
        const char *path = std::getenv("FAKE_CUDA_READBACKS");
        if (auto *file = path ? std::fopen(path, "w") : nullptr) {
            std::fprintf(file, "%d", count.load());
            std::fclose(file);
        }
    }
} readbacks;

// Copies that streams other than the first were given and have not begun.
std::map<StreamId, std::vector<std::function<void()>>> waiting;

// Work of another library on a stream, which goes on by itself.
struct Work {
    uint64_t number;
    int (*is_done)(void *);
    void *argument;
};
std::map<StreamId, std::vector<Work>> foreign;
uint64_t last_work = 0;

DeviceIndex real(DeviceIndex index) { return index < 0 ? current_device : index; }

void run(StreamId stream) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    auto work = std::move(waiting[stream]);
    waiting[stream].clear();
    for (auto &piece : work) piece();
}

// A place in a stream: behind what it had been given when it was recorded.
struct Place {
    StreamId stream;
    uint64_t last_work;

    bool is_reached() const {
        run(stream);
        std::lock_guard<std::recursive_mutex> guard(lock);
        auto &works = foreign[stream];
        while (!works.empty() && works.front().number <= last_work) {
            if (!works.front().is_done(works.front().argument)) return false;
            works.erase(works.begin());
        }
        return true;
    }

    void wait() const {
        while (!is_reached()) std::this_thread::yield();
    }
};

// The memory of the GPUs.
struct Allocator final : c10::DeviceAllocator {
    struct Block {
        DeviceIndex device;
        size_t size;
        std::set<StreamId> streams;
    };

    std::map<void *, Block> blocks;
    std::array<c10::CachingDeviceAllocator::DeviceStats, gpu_count> statistics;

    static Allocator &shared() {
        static auto *allocator = new Allocator();
        return *allocator;
    }

    static void release(void *memory) {
        if (!memory) return;
        std::lock_guard<std::recursive_mutex> guard(lock);
        auto &self = shared();
        const auto &block = self.blocks.at(memory);
        self.statistics[block.device].allocated_bytes[0].decrease(block.size);
        self.blocks.erase(memory);
        std::free(memory);
    }

    c10::DataPtr allocate(size_t size) override {
        std::lock_guard<std::recursive_mutex> guard(lock);
        const Device device(at::kCUDA, current_device);
        void *memory = nullptr;
        if (size > 0) {
            memory = std::aligned_alloc(64, (size + 63) / 64 * 64);
            std::memset(memory, 0xff, size);  // not a number, whatever the type
            blocks[memory] = {current_device, size, {current_streams[current_device]}};
            statistics[current_device].allocated_bytes[0].increase(size);
            statistics[current_device].reserved_bytes[0].increase(size);
        }
        return {memory, memory, &release, device};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void *to, const void *from, size_t count) const override {
        std::memcpy(to, from, count);
    }
    bool initialized() override { return true; }
    void emptyCache(c10::MempoolId_t) override {}
    void recordStream(const c10::DataPtr &data, Stream stream) override {
        std::lock_guard<std::recursive_mutex> guard(lock);
        if (data.get()) blocks.at(data.get()).streams.insert(stream.id());
    }
    c10::CachingDeviceAllocator::DeviceStats getDeviceStats(DeviceIndex device) override {
        return statistics[device];
    }
    void resetAccumulatedStats(DeviceIndex) override {}
    void resetPeakStats(DeviceIndex device) override {
        statistics[device].allocated_bytes[0].reset_peak();
    }
};

struct Guard final : c10::impl::DeviceGuardImplInterface {
    Guard() = default;

    c10::DeviceType type() const override { return at::kCUDA; }
    Device getDevice() const override { return {at::kCUDA, current_device}; }
    void setDevice(Device device) const override {
        TORCH_CHECK(device.index() >= 0 && device.index() < DeviceIndex(gpu_count), "no ", device);
        current_device = device.index();
    }
    Device exchangeDevice(Device device) const override {
        const auto before = getDevice();
        setDevice(device);
        return before;
    }
    void uncheckedSetDevice(Device device) const noexcept override {
        current_device = device.index();
    }
    Stream stream(Device device, StreamId id) const {
        return Stream(Stream::UNSAFE, Device(at::kCUDA, real(device.index())), id);
    }
    Stream getStream(Device device) const override {
        return stream(device, current_streams[real(device.index())]);
    }
    Stream getDefaultStream(Device device) const override { return stream(device, 0); }
    Stream getStreamFromGlobalPool(Device device, bool) const override {
        static std::atomic<StreamId> last = 0;
        return stream(device, ++last);
    }
    Stream getNewStream(Device device, int) const override {
        return getStreamFromGlobalPool(device, false);
    }
    Stream exchangeStream(Stream stream) const override {
        const auto before = getStream(stream.device());
        current_streams[stream.device_index()] = stream.id();
        return before;
    }
    DeviceIndex deviceCount() const noexcept override { return gpu_count; }

    // Whoever waits for an event lets its stream run up to there first.
    void record(void **event, const Stream &stream, const DeviceIndex,
                const c10::EventFlag) const override {
        std::lock_guard<std::recursive_mutex> guard(lock);
        delete static_cast<Place *>(*event);
        *event = new Place{stream.id(), last_work};
    }
    void block(void *event, const Stream &) const override { synchronizeEvent(event); }
    bool queryEvent(void *event) const override {
        return !event || static_cast<Place *>(event)->is_reached();
    }
    void destroyEvent(void *event, const DeviceIndex) const noexcept override {
        delete static_cast<Place *>(event);
    }
    void synchronizeEvent(void *event) const override {
        if (event) static_cast<Place *>(event)->wait();
    }
    bool queryStream(const Stream &) const override { return false; }
    void synchronizeStream(const Stream &stream) const override {
        Place{stream.id(), last_work}.wait();
    }
    void *getStreamNativeHandle(const Stream stream) const override {
        return reinterpret_cast<void *>(stream.id());
    }
    void synchronizeDevice(const DeviceIndex) const override {}
    void recordDataPtrOnStream(const c10::DataPtr &data, const Stream &stream) const override {
        Allocator::shared().recordStream(data, stream);
    }
};

struct Generator final : at::CPUGeneratorImpl {
    using at::CPUGeneratorImpl::CPUGeneratorImpl;
};

// Memory of the host that the GPUs read by themselves.
struct PinnedAllocator final : c10::Allocator {
    std::set<const void *> memory;

    static PinnedAllocator &shared() {
        static auto *allocator = new PinnedAllocator();
        return *allocator;
    }
    static void release(void *memory) {
        std::lock_guard<std::recursive_mutex> guard(lock);
        shared().memory.erase(memory);
        std::free(memory);
    }
    c10::DataPtr allocate(size_t size) override {
        std::lock_guard<std::recursive_mutex> guard(lock);
        void *start = std::aligned_alloc(64, (size + 64) / 64 * 64);
        memory.insert(start);
        return {start, start, &release, Device(at::kCPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void *to, const void *from, size_t count) const override {
        std::memcpy(to, from, count);
    }
};

struct CUDAHooks : at::CUDAHooksInterface {
    explicit CUDAHooks(at::CUDAHooksArgs) {}

    void init() const override {}
    bool hasCUDA() const override { return true; }
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasPrimaryContext(DeviceIndex) const override { return true; }
    DeviceIndex deviceCount() const override { return gpu_count; }
    int getNumGPUs() const override { return gpu_count; }
    DeviceIndex current_device() const override { return current_device_index(); }
    DeviceIndex getCurrentDevice() const override { return current_device_index(); }
    static DeviceIndex current_device_index() { return ::current_device; }
    at::Generator getNewGenerator(DeviceIndex) const override {
        return at::make_generator<Generator>();
    }
    bool isPinnedPtr(const void *data) const override {
        std::lock_guard<std::recursive_mutex> guard(lock);
        return PinnedAllocator::shared().memory.count(data) > 0;
    }
    c10::Allocator *getPinnedMemoryAllocator() const override {
        return &PinnedAllocator::shared();
    }
    c10::Allocator *getCUDADeviceAllocator() const override { return &Allocator::shared(); }
};

// A tensor of the CPU over the same memory.
at::Tensor on_host(const at::Tensor &value) {
    if (!value.is_cuda()) return value;
    auto host = at::from_blob(value.numel() > 0 ? value.data_ptr() : nullptr, value.sizes(),
                              value.strides(), value.options().device(at::kCPU));
    host._set_conj(value.is_conj());
    host._set_neg(value.is_neg());
    return host;
}

void check_memory(const at::Tensor &value) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    const auto *memory = value.storage().data();
    const auto block = Allocator::shared().blocks.find(const_cast<void *>(memory));
    if (block == Allocator::shared().blocks.end()) return;
    TORCH_CHECK(block->second.streams.count(current_streams[value.get_device()]),
                "memory of another stream is used before that is recorded");
}

at::Tensor &copy(at::Tensor &self, const at::Tensor &source, bool non_blocking) {
    const auto device = self.is_cuda() ? self.get_device() : source.get_device();
    const auto stream = current_streams[device];
    for (const auto &value : {self, source}) {
        if (value.is_cuda()) check_memory(value);
    }
    if (!self.is_cuda() && !is_computing) readbacks.count += 1;
    // What is captured lives until the copy is made.
    const auto move = [self, source] {
        at::AutoDispatchBelowADInplaceOrView guard;
        on_host(self).copy_(on_host(source));
    };
    if (stream == 0 || !non_blocking) {
        move();
    } else {
        TORCH_CHECK(source.is_cuda() || source.numel() == 0 ||
                        PinnedAllocator::shared().memory.count(source.storage().data()),
                    "a copy that is not waited for out of memory that is not pinned");
        std::lock_guard<std::recursive_mutex> guard(lock);
        waiting[stream].push_back(move);
    }
    return self;
}

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout>, std::optional<Device> device, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
    const c10::DeviceGuard guard(*device);
    return at::detail::empty_generic(size, &Allocator::shared(),
                                     c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                     dtype.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride,
                         std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<Device> device, std::optional<bool>) {
    const c10::DeviceGuard guard(*device);
    return at::detail::empty_strided_generic(size, stride, &Allocator::shared(),
                                             c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                             dtype.value_or(at::kFloat));
}

const at::Tensor &resize(const at::Tensor &self, at::IntArrayRef size,
                         std::optional<at::MemoryFormat>) {
    const c10::DeviceGuard guard(self.device());
    auto *tensor = self.unsafeGetTensorImpl();
    tensor->set_sizes_contiguous(size);
    const size_t bytes = (self.numel() + self.storage_offset()) * self.element_size();
    if (bytes > self.storage().nbytes()) {
        auto memory = Allocator::shared().allocate(bytes);
        if (self.storage().nbytes() > 0) {
            std::memcpy(memory.get(), self.storage().data(), self.storage().nbytes());
        }
        self.storage().set_data_ptr_noswap(std::move(memory));
        self.storage().set_nbytes(bytes);
    }
    return self;
}

at::Tensor copy_from(const at::Tensor &self, const at::Tensor &target, bool non_blocking) {
    auto result = target;
    copy(result, self, non_blocking);
    return target;
}

at::Tensor copy_from_and_resize(const at::Tensor &self, const at::Tensor &target) {
    if (target.sizes() != self.sizes()) resize(target, self.sizes(), {});
    return copy_from(self, target, false);
}

// Softmax and products by themselves, which every device has.
int64_t attention_choice(const at::Tensor &, const at::Tensor &, const at::Tensor &,
                         const std::optional<at::Tensor> &, double, bool, std::optional<double>,
                         bool) {
    return 0;
}

void on_cpu(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
    const auto count = op.schema().arguments().size();
    std::optional<Device> device;
    const auto check = [&](const at::Tensor &value, bool may_be_number) {
        if (!value.defined()) return;
        // A number of the CPU is handed to a GPU's kernel with its arguments, but for one in a list.
        if (may_be_number && !value.is_cuda() && value.dim() == 0) return;
        TORCH_CHECK(value.is_cuda(), op.schema().name(), ": a tensor on ", value.device(),
                    " among those of a GPU");
        TORCH_CHECK(!device || *device == value.device(), op.schema().name(), ": tensors on ",
                    *device, " and ", value.device());
        device = value.device();
        check_memory(value);
    };
    for (const auto &argument : torch::jit::last(*stack, count)) {
        if (argument.isTensor()) check(argument.toTensor(), true);
        if (argument.isTensorList()) {
            for (const at::Tensor value : argument.toTensorList()) check(value, false);
        }
        if (argument.isGenerator()) {
            TORCH_CHECK(dynamic_cast<Generator *>(argument.toGenerator().unsafeGetGeneratorImpl()),
                        op.schema().name(), ": a random source of the CPU");
        }
    }
    const bool was_computing = std::exchange(is_computing, true);
    at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
    is_computing = was_computing;
}

C10_REGISTER_GUARD_IMPL(CUDA, Guard)

struct Setup {
    Setup() { c10::SetAllocator(at::kCUDA, &Allocator::shared(), 1); }
} setup;

using at::CUDAHooksRegistry;
using at::RegistererCUDAHooksRegistry;
REGISTER_CUDA_HOOKS(CUDAHooks);

}  // namespace

TORCH_LIBRARY_IMPL(_, CUDA, library) {
    library.fallback(torch::CppFunction::makeFromBoxedFunction<&on_cpu>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
    library.impl("empty.memory_format", empty);
    library.impl("empty_strided", empty_strided);
    library.impl("as_strided", at::native::as_strided_tensorimpl);
    library.impl("view", at::native::view);
    library.impl("_reshape_alias", at::native::_reshape_alias);
    library.impl("view_as_complex", at::native::view_as_complex);
    library.impl("view_as_real", at::native::view_as_real);
    library.impl("resize_", resize);
    library.impl("copy_", copy);
    library.impl("_copy_from", copy_from);
    library.impl("_copy_from_and_resize", copy_from_and_resize);
    library.impl("_fused_sdp_choice", attention_choice);
}

extern "C" {

// For a libnccl.so.2 of the same kind: work of its own on a stream, and whether memory is a GPU's.
void fake_cuda_work(void *stream, int (*is_done)(void *), void *argument) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    foreign[reinterpret_cast<StreamId>(stream)].push_back({++last_work, is_done, argument});
}

int fake_cuda_owns(const void *memory) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    auto &blocks = Allocator::shared().blocks;
    auto block = blocks.upper_bound(const_cast<void *>(memory));
    if (block == blocks.begin()) return 0;
    --block;
    return static_cast<const char *>(memory) <
           static_cast<const char *>(block->first) + block->second.size;
}

}  // extern "C"
