// A libnccl.so.2 for ranks that are processes of one machine and whose GPUs are the CPU.
//
// It is no less strict than NCCL: calls never wait, what they begin is on its stream only after a while
// of asking, work is done only when all ranks have come, and calls that NCCL would answer with an
// error, a hang or wrong numbers are errors here.
//
//   FAKE_NCCL_VERSION=21200    another version
//   FAKE_NCCL_FAIL=ncclSend    that function fails
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { success = 0, system_error = 2, invalid_argument = 4, invalid_usage = 5, remote_error = 6 };
enum { in_progress = 7 };
enum { type_uint8 = 1, type_int64 = 4, type_float32 = 7 };
enum { most_ranks = 8, chunk = 1 << 16, polls_to_launch = 3, most_calls = 64 };

typedef enum { op_join, op_sum, op_sum_scatter, op_gather, op_broadcast, op_send, op_receive } op;

typedef struct {
    char bytes[128];
} name;

// What the ranks of a group share.
typedef struct {
    atomic_int arrived, round, has_failed;
    struct {
        int op, type, root;
        size_t count;
    } calls[most_ranks];
    char slots[most_ranks][chunk];
    struct {
        atomic_int is_full;
        size_t size;
        char data[chunk];
    } mail[most_ranks][most_ranks];
} board;

typedef struct {
    op op;
    const char *from;
    char *into;
    size_t count, progress;
    int type, peer;
} call;

// What is launched together.
typedef struct work {
    struct work *next;
    call calls[most_calls];
    int count;
    void *stream;
    atomic_int is_done;
} work;

typedef struct {
    board *board;
    name id;
    int rank, size;
    atomic_int error, polls, has_joined, is_over;
    work *launching;
    work *queue;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
} group;

static __thread char last_error[256];
// What is called between ncclGroupStart and ncclGroupEnd.
static __thread int depth;
static __thread group *collecting;
static __thread work *collected;

static int fail(int code, const char *why) {
    snprintf(last_error, sizeof last_error, "%s", why);
    return code;
}

static int is_to_fail(const char *function) {
    const char *wanted = getenv("FAKE_NCCL_FAIL");
    return wanted && strcmp(wanted, function) == 0;
}

static size_t width(int type) {
    return type == type_int64 ? 8 : type == type_float32 ? 4 : 1;
}

// Waits for all ranks; 0 where that is in vain.
static int meet(group *self) {
    board *all = self->board;
    const int round = atomic_load(&all->round);
    if (atomic_fetch_add(&all->arrived, 1) + 1 == self->size) {
        atomic_store(&all->arrived, 0);
        atomic_fetch_add(&all->round, 1);
        return 1;
    }
    while (atomic_load(&all->round) == round) {
        if (atomic_load(&self->is_over) || atomic_load(&all->has_failed)) return 0;
        usleep(20);
    }
    return 1;
}

static void add(char *into, const char *other, size_t count, int type) {
    for (size_t i = 0; i < count; ++i) {
        if (type == type_int64) {
            ((int64_t *)into)[i] += ((const int64_t *)other)[i];
        } else {
            ((float *)into)[i] += ((const float *)other)[i];
        }
    }
}

// One collective, a piece at a time; 0 where the ranks do not fit each other or one has gone.
static int together(group *self, call *it) {
    board *all = self->board;
    all->calls[self->rank].op = it->op;
    all->calls[self->rank].type = it->type;
    all->calls[self->rank].root = it->op == op_broadcast ? it->peer : 0;
    all->calls[self->rank].count = it->count;
    if (!meet(self)) return 0;
    for (int rank = 0; rank < self->size; ++rank) {
        if (memcmp(&all->calls[rank], &all->calls[self->rank], sizeof all->calls[0]) != 0) return 0;
    }
    if (!meet(self)) return 0;
    const size_t step = chunk / width(it->type) / self->size, size = width(it->type);
    for (size_t done = 0; done < it->count; done += step) {
        const size_t count = it->count - done < step ? it->count - done : step;
        char *slot = all->slots[self->rank];
        if (it->op == op_sum_scatter) {
            for (int part = 0; part < self->size; ++part) {
                memcpy(slot + part * step * size, it->from + (part * it->count + done) * size,
                       count * size);
            }
        } else {
            memcpy(slot, it->from + done * size, count * size);
        }
        if (!meet(self)) return 0;
        for (int rank = 0; rank < self->size; ++rank) {
            const char *theirs = all->slots[rank];
            if (it->op == op_gather) {
                memcpy(it->into + (rank * it->count + done) * size, theirs, count * size);
            } else if (it->op == op_broadcast) {
                if (rank == it->peer) memcpy(it->into + done * size, theirs, count * size);
            } else {
                if (it->op == op_sum_scatter) theirs += self->rank * step * size;
                if (rank == 0) memcpy(it->into + done * size, theirs, count * size);
                else add(it->into + done * size, theirs, count, it->type);
            }
        }
        if (!meet(self)) return 0;
    }
    return 1;
}

// Goes on with a message; 1 where it moved.
static int message(group *self, call *it) {
    if (it->progress == it->count) return 0;
    const int from = it->op == op_send ? self->rank : it->peer;
    const int to = it->op == op_send ? it->peer : self->rank;
    const size_t rest = it->count - it->progress, size = rest < chunk ? rest : chunk;
    if (it->op == op_send) {
        if (atomic_load(&self->board->mail[from][to].is_full)) return 0;
        memcpy(self->board->mail[from][to].data, it->from + it->progress, size);
        self->board->mail[from][to].size = size;
        atomic_store(&self->board->mail[from][to].is_full, 1);
    } else {
        if (!atomic_load(&self->board->mail[from][to].is_full)) return 0;
        if (self->board->mail[from][to].size != size) {
            atomic_store(&self->board->has_failed, 1);
            return 0;
        }
        memcpy(it->into + it->progress, self->board->mail[from][to].data, size);
        atomic_store(&self->board->mail[from][to].is_full, 0);
    }
    it->progress += size;
    return 1;
}

// Messages that are launched together go on together, others each by itself.
static int messages(group *self, work *it) {
    for (;;) {
        int left = 0, moved = 0;
        for (int i = 0; i < it->count; ++i) {
            moved |= message(self, &it->calls[i]);
            left |= it->calls[i].progress < it->calls[i].count;
        }
        if (!left) return 1;
        if (atomic_load(&self->is_over) || atomic_load(&self->board->has_failed)) return 0;
        if (!moved) usleep(20);
    }
}

static void *carry_out(void *argument) {
    group *self = argument;
    if (!meet(self)) atomic_store(&self->error, remote_error);
    // All have its memory now, or nobody will.
    shm_unlink(self->id.bytes);
    atomic_store(&self->has_joined, 1);
    while (!atomic_load(&self->is_over)) {
        pthread_mutex_lock(&self->lock);
        while (!self->queue && !atomic_load(&self->is_over)) {
            pthread_cond_wait(&self->changed, &self->lock);
        }
        work *next = self->queue;
        if (next) self->queue = next->next;
        pthread_mutex_unlock(&self->lock);
        if (!next) break;
        const int worked = next->calls[0].op >= op_send ? messages(self, next)
                                                        : together(self, &next->calls[0]);
        if (worked) {
            atomic_store(&next->is_done, 1);
        } else {
            atomic_store(&self->board->has_failed, 1);
            atomic_store(&self->error, remote_error);
            break;
        }
    }
    return NULL;
}

static int is_done(void *it) { return atomic_load(&((work *)it)->is_done); }

// Puts what was called last onto its stream.
static void launch(group *self) {
    static void (*put)(void *, int (*)(void *), void *);
    if (!put) put = (void (*)(void *, int (*)(void *), void *))dlsym(RTLD_DEFAULT, "fake_cuda_work");
    work *next = self->launching;
    self->launching = NULL;
    put(next->stream, is_done, next);
    pthread_mutex_lock(&self->lock);
    work **end = &self->queue;
    while (*end) end = &(*end)->next;
    *end = next;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static int begin(group *self, work *next) {
    self->launching = next;
    atomic_store(&self->polls, polls_to_launch);
    return in_progress;
}

static int take(group *self, const char *function, call it, void *stream) {
    static int (*owns)(const void *);
    if (!owns) owns = (int (*)(const void *))dlsym(RTLD_DEFAULT, "fake_cuda_owns");
    if (is_to_fail(function)) return fail(system_error, "a cable is out");
    if (atomic_load(&self->error)) return fail(remote_error, "the group has failed");
    if (self->launching || !atomic_load(&self->has_joined)) {
        return fail(invalid_usage, "what was called before is not on its stream yet");
    }
    if (!owns || (it.from && !owns(it.from)) || (it.into && !owns(it.into))) {
        return fail(invalid_argument, "memory that is not the GPU's");
    }
    if (it.op >= op_send ? it.peer == self->rank : 0) return fail(invalid_usage, "to itself");
    if (depth > 0 && collecting && collecting != self) return fail(invalid_usage, "two groups");
    work *all = depth > 0 && collected ? collected : calloc(1, sizeof *all);
    if (all->count == most_calls) return fail(invalid_usage, "too many calls");
    if (all->count > 0 && (it.op < op_send || all->calls[0].op < op_send)) {
        return fail(invalid_usage, "collectives among messages");
    }
    all->calls[all->count++] = it;
    all->stream = stream;
    if (depth == 0) return begin(self, all);
    collecting = self;
    collected = all;
    return in_progress;
}

int ncclGetVersion(int *version) {
    const char *wanted = getenv("FAKE_NCCL_VERSION");
    *version = wanted ? atoi(wanted) : 23203;
    return success;
}

const char *ncclGetErrorString(int code) {
    switch (code) {
    case success: return "no error";
    case system_error: return "unhandled system error";
    case invalid_argument: return "invalid argument";
    case invalid_usage: return "invalid usage";
    case remote_error: return "remote process exited or there was a network error";
    default: return "another error";
    }
}

const char *ncclGetLastError(group *self) {
    (void)self;
    return last_error;
}

int ncclGetUniqueId(name *id) {
    memset(id, 0, sizeof *id);
    snprintf(id->bytes, sizeof id->bytes, "/evaclip-fake-nccl-%d-%lx", (int)getpid(), random());
    static atomic_int number;
    snprintf(id->bytes + strlen(id->bytes), 16, "-%d", atomic_fetch_add(&number, 1));
    return success;
}

int ncclCommInitRankConfig(group **out, int size, name id, int rank, const void *settings) {
    struct {
        size_t size;
        unsigned magic, version;
        int blocking;
    } given;
    memcpy(&given, settings, sizeof given);
    if (given.size < 20 || given.magic != 0xcafebeefu || given.version < 21400 || given.blocking) {
        return fail(invalid_argument, "settings that are none");
    }
    if (size > most_ranks || rank < 0 || rank >= size) return fail(invalid_argument, "ranks");
    if (is_to_fail("ncclCommInitRankConfig")) return fail(system_error, "a cable is out");
    const int file = shm_open(id.bytes, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof(board)) != 0) return fail(system_error, "no memory");
    group *self = calloc(1, sizeof *self);
    self->board = mmap(NULL, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    self->rank = rank;
    self->size = size;
    self->id = id;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    pthread_create(&self->thread, NULL, carry_out, self);
    *out = self;
    return in_progress;
}

int ncclCommGetAsyncError(group *self, int *state) {
    *state = atomic_load(&self->error);
    if (!*state && !atomic_load(&self->has_joined)) *state = in_progress;
    if (*state || !self->launching) return success;
    *state = in_progress;
    if (atomic_fetch_sub(&self->polls, 1) == 1) launch(self);
    return success;
}

static int end(group *self) {
    atomic_store(&self->is_over, 1);
    pthread_mutex_lock(&self->lock);
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    munmap(self->board, sizeof(board));
    free(self);
    return success;
}

int ncclCommAbort(group *self) {
    atomic_store(&self->board->has_failed, 1);
    return end(self);
}

int ncclCommFinalize(group *self) {
    return self->launching || self->queue ? fail(invalid_usage, "work is left") : success;
}

int ncclCommDestroy(group *self) { return end(self); }

int ncclGroupStart(void) {
    depth += 1;
    return success;
}

int ncclGroupEnd(void) {
    if (depth == 0) return fail(invalid_usage, "no group was started");
    depth -= 1;
    group *self = collecting;
    work *all = collected;
    collecting = NULL;
    collected = NULL;
    return all ? begin(self, all) : success;
}

int ncclAllReduce(
    const void *from, void *into, size_t count, int type, int how, group *self, void *stream) {
    if (how != 0 || (type != type_float32 && type != type_int64)) {
        return fail(invalid_argument, "another sum");
    }
    return take(self, __func__, (call){op_sum, from, into, count, 0, type, 0}, stream);
}

int ncclReduceScatter(
    const void *from, void *into, size_t count, int type, int how, group *self, void *stream) {
    if (how != 0 || (type != type_float32 && type != type_int64)) {
        return fail(invalid_argument, "another sum");
    }
    return take(self, __func__, (call){op_sum_scatter, from, into, count, 0, type, 0}, stream);
}

int ncclAllGather(
    const void *from, void *into, size_t count, int type, group *self, void *stream) {
    return take(self, __func__, (call){op_gather, from, into, count, 0, type, 0}, stream);
}

int ncclBroadcast(
    const void *from, void *into, size_t count, int type, int root, group *self, void *stream) {
    return take(self, __func__, (call){op_broadcast, from, into, count, 0, type, root}, stream);
}

int ncclSend(const void *from, size_t count, int type, int peer, group *self, void *stream) {
    return take(
        self, __func__, (call){op_send, from, NULL, count * width(type), 0, type, peer}, stream);
}

int ncclRecv(void *into, size_t count, int type, int peer, group *self, void *stream) {
    return take(
        self, __func__, (call){op_receive, NULL, into, count * width(type), 0, type, peer}, stream);
}
