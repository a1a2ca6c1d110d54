#include "NCCL.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>

// What NCCL's header declares of what is used here.
typedef int nccl_result;
typedef void *cuda_stream;
enum { nccl_success = 0 };
enum { nccl_uint8 = 1, nccl_int64 = 4, nccl_float32 = 7 };
enum { nccl_sum = 0 };

// Its settings as of version 2.14, which later versions read as such. What is there in the place of
// the last member stands for "not set".
typedef struct {
    size_t size;
    unsigned magic;
    unsigned version;
    int blocking;
    int unset;
} nccl_settings;
enum { nccl_magic_low = 0xbeef, nccl_magic_high = 0xcafe, nccl_settings_version = 21400 };
_Static_assert(sizeof(nccl_settings) == 24, "NCCL's settings are laid out otherwise");

// Result, name, types of the arguments.
#define NCCL_FUNCTIONS(X)                                                                          \
    X(nccl_result, GetVersion, int *)                                                              \
    X(const char *, GetErrorString, nccl_result)                                                   \
    X(const char *, GetLastError, cc_nccl_group *)                                                 \
    X(nccl_result, GetUniqueId, cc_nccl_name *)                                                    \
    X(nccl_result, CommInitRankConfig, cc_nccl_group **, int, cc_nccl_name, int, nccl_settings *)  \
    X(nccl_result, CommGetAsyncError, cc_nccl_group *, nccl_result *)                              \
    X(nccl_result, CommAbort, cc_nccl_group *)                                                     \
    X(nccl_result, CommFinalize, cc_nccl_group *)                                                  \
    X(nccl_result, CommDestroy, cc_nccl_group *)                                                   \
    X(nccl_result, AllReduce, const void *, void *, size_t, int, int, cc_nccl_group *, cuda_stream) \
    X(nccl_result, ReduceScatter, const void *, void *, size_t, int, int, cc_nccl_group *,         \
      cuda_stream)                                                                                 \
    X(nccl_result, AllGather, const void *, void *, size_t, int, cc_nccl_group *, cuda_stream)     \
    X(nccl_result, Broadcast, const void *, void *, size_t, int, int, cc_nccl_group *, cuda_stream) \
    X(nccl_result, Send, const void *, size_t, int, int, cc_nccl_group *, cuda_stream)             \
    X(nccl_result, Recv, void *, size_t, int, int, cc_nccl_group *, cuda_stream)                   \
    X(nccl_result, GroupStart, void)                                                               \
    X(nccl_result, GroupEnd, void)

static struct {
#define NCCL_MEMBER(result, name, ...) result (*name)(__VA_ARGS__);
    NCCL_FUNCTIONS(NCCL_MEMBER)
#undef NCCL_MEMBER
} nccl;

static const char *const library_name = "libnccl.so.2";
// The first with groups that never block.
enum { least_version = 21400 };

const char *cc_nccl_load(void) {
    static char reason[512];
    static void *handle;
    if (handle) return NULL;
    // Where libtorch's CUDA side was loaded, this is the one that came with it.
    void *opened = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (!opened) {
        snprintf(reason, sizeof reason, "%s", dlerror());
        return reason;
    }
    const char *missing = NULL;
#define NCCL_FIND(result, name, ...)                                                               \
    if (!(nccl.name = (result(*)(__VA_ARGS__))dlsym(opened, "nccl" #name))) missing = "nccl" #name;
    NCCL_FUNCTIONS(NCCL_FIND)
#undef NCCL_FIND
    if (missing) {
        snprintf(reason, sizeof reason, "%s has no %s", library_name, missing);
        return reason;
    }
    int version = 0;
    if (nccl.GetVersion(&version) != nccl_success || version < least_version) {
        snprintf(reason, sizeof reason, "%s is of version %d, expected at least %d", library_name,
                 version, least_version);
        return reason;
    }
    handle = opened;
    return NULL;
}

void cc_nccl_explain(int code, char *text, size_t capacity) {
    const char *last = nccl.GetLastError(NULL);
    snprintf(text, capacity, "%s%s%s", nccl.GetErrorString(code), last && *last ? ": " : "",
             last ? last : "");
    // One line.
    for (char *at = text; *at; ++at) {
        if (*at == '\n') *at = ' ';
    }
}

int cc_nccl_make_name(cc_nccl_name *name) { return nccl.GetUniqueId(name); }

int cc_nccl_join(const cc_nccl_name *name, int size, int rank, cc_nccl_group **group) {
    nccl_settings settings = {
        .size = sizeof settings,
        .magic = (unsigned)nccl_magic_high << 16 | nccl_magic_low,
        .version = nccl_settings_version,
        .blocking = 0,
        .unset = INT_MIN,
    };
    return nccl.CommInitRankConfig(group, size, *name, rank, &settings);
}

int cc_nccl_state(cc_nccl_group *group, int *state) { return nccl.CommGetAsyncError(group, state); }

int cc_nccl_abort(cc_nccl_group *group) { return nccl.CommAbort(group); }

int cc_nccl_finish(cc_nccl_group *group) { return nccl.CommFinalize(group); }

int cc_nccl_free(cc_nccl_group *group) { return nccl.CommDestroy(group); }

static int summed(cc_type type) { return type == CC_INT64 ? nccl_int64 : nccl_float32; }

int cc_nccl_sum(cc_nccl_group *group, void *data, size_t count, cc_type type, void *stream) {
    return nccl.AllReduce(data, data, count, summed(type), nccl_sum, group, stream);
}

int cc_nccl_sum_scatter(
    cc_nccl_group *group, const void *from, void *into, size_t count, cc_type type, void *stream) {
    return nccl.ReduceScatter(from, into, count, summed(type), nccl_sum, group, stream);
}

int cc_nccl_gather(
    cc_nccl_group *group, const void *from, void *into, size_t bytes, void *stream) {
    return nccl.AllGather(from, into, bytes, nccl_uint8, group, stream);
}

int cc_nccl_broadcast(cc_nccl_group *group, void *data, size_t bytes, int root, void *stream) {
    return nccl.Broadcast(data, data, bytes, nccl_uint8, root, group, stream);
}

int cc_nccl_send(cc_nccl_group *group, const void *data, size_t bytes, int to, void *stream) {
    return nccl.Send(data, bytes, nccl_uint8, to, group, stream);
}

int cc_nccl_receive(cc_nccl_group *group, void *data, size_t bytes, int from, void *stream) {
    return nccl.Recv(data, bytes, nccl_uint8, from, group, stream);
}

int cc_nccl_open_calls(void) { return nccl.GroupStart(); }

int cc_nccl_close_calls(void) { return nccl.GroupEnd(); }
