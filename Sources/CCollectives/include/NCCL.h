#ifndef CCOLLECTIVES_NCCL_H
#define CCOLLECTIVES_NCCL_H

// NCCL, loaded where the ranks' tensors lie on GPUs. No header of it is needed: what is used of it
// has kept its binary form since version 2.14.

#include <stddef.h>

#include "Types.h"

#ifdef __cplusplus
extern "C" {
#endif

// One rank's end of a group. None of its functions waits for another rank: what they begin goes on
// until cc_nccl_state says otherwise.
typedef struct cc_nccl_group cc_nccl_group;

// What the ranks of a group find each other by.
typedef struct {
    char bytes[128];
} cc_nccl_name;

enum {
    CC_NCCL_DONE = 0,
    CC_NCCL_GOING_ON = 7,
};

// Loads the library: a null pointer, or why that failed.
const char *cc_nccl_load(void);
// The words for a code, and what the library says of its last error.
void cc_nccl_explain(int code, char *text, size_t capacity);

// All others return 0 or the library's error code; where something has begun, CC_NCCL_GOING_ON too.
int cc_nccl_make_name(cc_nccl_name *name);
int cc_nccl_join(const cc_nccl_name *name, int size, int rank, cc_nccl_group **group);
// How it stands with what was begun last: done (work is then queued on its stream), going on, or the
// code of an error that has come up at any time, here or on another rank.
int cc_nccl_state(cc_nccl_group *group, int *state);
// Ends what is going on, on the GPU too, and frees the group.
int cc_nccl_abort(cc_nccl_group *group);
// Ends a group whose work is done; all ranks do. Then, when that is done, it is freed.
int cc_nccl_finish(cc_nccl_group *group);
int cc_nccl_free(cc_nccl_group *group);

// Each queues work on a stream of CUDA's. Counts are of elements, of one rank where ranks hold parts
// of a whole.
int cc_nccl_sum(cc_nccl_group *group, void *data, size_t count, cc_type type, void *stream);
int cc_nccl_sum_scatter(
    cc_nccl_group *group, const void *from, void *into, size_t count, cc_type type, void *stream);
int cc_nccl_gather(
    cc_nccl_group *group, const void *from, void *into, size_t bytes, void *stream);
int cc_nccl_broadcast(cc_nccl_group *group, void *data, size_t bytes, int root, void *stream);
int cc_nccl_send(cc_nccl_group *group, const void *data, size_t bytes, int to, void *stream);
int cc_nccl_receive(cc_nccl_group *group, void *data, size_t bytes, int from, void *stream);
// What is called between the two begins at once, at the end.
int cc_nccl_open_calls(void);
int cc_nccl_close_calls(void);

#ifdef __cplusplus
}
#endif

#endif
