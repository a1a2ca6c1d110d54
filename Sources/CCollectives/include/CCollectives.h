#ifndef CCOLLECTIVES_H
#define CCOLLECTIVES_H

// Open MPI, loaded when ranks are started, so that one process runs where it is not installed.
// Its handles are macros over objects of the library, and so out of Swift's reach.

#include <stddef.h>

#include "NCCL.h"
#include "Types.h"

#ifdef __cplusplus
extern "C" {
#endif

// The ranks of one communicator.
typedef struct cc_group cc_group;
// What was started and has to be tested until it is done.
typedef struct cc_request cc_request;

// Loads the library: a null pointer, or why that failed.
const char *cc_load(void);

// All others return 0 or the library's error code, which cc_explain puts into words.
void cc_explain(int code, char *text, size_t capacity);

// Joins the ranks that the launcher has started. From one thread at a time all else is called.
int cc_start(cc_group **world);
// Leaves them; all ranks have to. To be called once, at the end of the process.
int cc_stop(void);
// Ends all ranks.
void cc_abort(int status);

int cc_place(cc_group *group, int *rank, int *size);
// The ranks of equal color become a group, in their present order.
int cc_split(cc_group *group, int color, cc_group **part);

// Each starts, and is done when cc_test says so; memory stays as it is until then. Counts are of
// elements, of one rank where ranks hold parts of a whole.
int cc_sum(cc_group *group, void *data, int count, cc_type type, cc_request **request);
int cc_sum_scatter(
    cc_group *group, const void *from, void *into, int count, cc_type type, cc_request **request);
int cc_gather(
    cc_group *group, const void *from, void *into, int count, cc_type type, cc_request **request);
int cc_broadcast(
    cc_group *group, void *data, int count, cc_type type, int root, cc_request **request);
int cc_barrier(cc_group *group, cc_request **request);
int cc_send(
    cc_group *group, const void *data, int count, cc_type type, int to, cc_request **request);
int cc_receive(
    cc_group *group, void *data, int count, cc_type type, int from, cc_request **request);

// Whether it is done; the request is then gone.
int cc_test(cc_request **request, int *is_done);

#ifdef __cplusplus
}
#endif

#endif
