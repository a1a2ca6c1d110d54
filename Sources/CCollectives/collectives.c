#include "CCollectives.h"

#include <stdio.h>

#include "library.h"

// Open MPI's handles are pointers, which is what the header shows of them.
_Static_assert(sizeof(MPI_Comm) == sizeof(void *), "communicators are pointers");
_Static_assert(sizeof(MPI_Request) == sizeof(void *), "requests are pointers");

// Messages between two ranks need no tags: they arrive in the order in which they were sent.
enum { message_tag = 0 };

static MPI_Comm communicator(cc_group *group) { return (MPI_Comm)group; }

static MPI_Datatype datatype(cc_type type) {
    switch (type) {
    case CC_FLOAT32: return cc_mpi.float32;
    case CC_INT64: return cc_mpi.int64;
    case CC_BITS16: return cc_mpi.bits16;
    case CC_BYTES: break;
    }
    return cc_mpi.bytes;
}

void cc_explain(int code, char *text, size_t capacity) {
    char words[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (cc_mpi.Error_string(code, words, &length) != MPI_SUCCESS) length = 0;
    snprintf(text, capacity, "%.*s", length, words);
}

// Errors are returned from now on; without this they end the process.
static int adopt(MPI_Comm communicator, cc_group **group) {
    *group = (cc_group *)communicator;
    return cc_mpi.Comm_set_errhandler(communicator, cc_mpi.errors_return);
}

int cc_start(cc_group **world) {
    int provided = 0;
    int code = cc_mpi.Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    if (code != MPI_SUCCESS) return code;
    if (provided < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
    // One of our own, so that no other user of the library in this process is met.
    MPI_Comm copy = NULL;
    code = cc_mpi.Comm_dup(cc_mpi.comm_world, &copy);
    return code == MPI_SUCCESS ? adopt(copy, world) : code;
}

int cc_stop(void) { return cc_mpi.Finalize(); }

void cc_abort(int status) { cc_mpi.Abort(cc_mpi.comm_world, status); }

int cc_place(cc_group *group, int *rank, int *size) {
    const int code = cc_mpi.Comm_rank(communicator(group), rank);
    return code == MPI_SUCCESS ? cc_mpi.Comm_size(communicator(group), size) : code;
}

int cc_split(cc_group *group, int color, cc_group **part) {
    MPI_Comm made = NULL;
    const int code = cc_mpi.Comm_split(communicator(group), color, 0, &made);
    return code == MPI_SUCCESS ? adopt(made, part) : code;
}

int cc_sum(cc_group *group, void *data, int count, cc_type type, cc_request **request) {
    return cc_mpi.Iallreduce(
        MPI_IN_PLACE, data, count, datatype(type), cc_mpi.sum, communicator(group),
        (MPI_Request *)request);
}

int cc_sum_scatter(
    cc_group *group, const void *from, void *into, int count, cc_type type, cc_request **request) {
    return cc_mpi.Ireduce_scatter_block(
        from, into, count, datatype(type), cc_mpi.sum, communicator(group),
        (MPI_Request *)request);
}

int cc_gather(
    cc_group *group, const void *from, void *into, int count, cc_type type, cc_request **request) {
    return cc_mpi.Iallgather(
        from, count, datatype(type), into, count, datatype(type), communicator(group),
        (MPI_Request *)request);
}

int cc_broadcast(
    cc_group *group, void *data, int count, cc_type type, int root, cc_request **request) {
    return cc_mpi.Ibcast(
        data, count, datatype(type), root, communicator(group), (MPI_Request *)request);
}

int cc_barrier(cc_group *group, cc_request **request) {
    return cc_mpi.Ibarrier(communicator(group), (MPI_Request *)request);
}

int cc_send(
    cc_group *group, const void *data, int count, cc_type type, int to, cc_request **request) {
    return cc_mpi.Isend(
        data, count, datatype(type), to, message_tag, communicator(group), (MPI_Request *)request);
}

int cc_receive(
    cc_group *group, void *data, int count, cc_type type, int from, cc_request **request) {
    return cc_mpi.Irecv(
        data, count, datatype(type), from, message_tag, communicator(group),
        (MPI_Request *)request);
}

int cc_test(cc_request **request, int *is_done) {
    return cc_mpi.Test((MPI_Request *)request, is_done, MPI_STATUS_IGNORE);
}
