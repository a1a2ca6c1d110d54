// The functions and objects of Open MPI, found by their names at run time.
#ifndef CCOLLECTIVES_LIBRARY_H
#define CCOLLECTIVES_LIBRARY_H

#include <mpi.h>

#define CC_FUNCTIONS(X)                                                                            \
    X(Init_thread)                                                                                 \
    X(Finalize)                                                                                    \
    X(Abort)                                                                                       \
    X(Error_string)                                                                                \
    X(Comm_rank)                                                                                   \
    X(Comm_size)                                                                                   \
    X(Comm_split)                                                                                  \
    X(Comm_dup)                                                                                    \
    X(Comm_set_errhandler)                                                                         \
    X(Iallreduce)                                                                                  \
    X(Ireduce_scatter_block)                                                                       \
    X(Iallgather)                                                                                  \
    X(Ibcast)                                                                                      \
    X(Ibarrier)                                                                                    \
    X(Isend)                                                                                       \
    X(Irecv)                                                                                       \
    X(Test)

// What the macros MPI_COMM_WORLD and the like stand for.
#define CC_OBJECTS(X)                                                                              \
    X(MPI_Comm, comm_world, "ompi_mpi_comm_world")                                                 \
    X(MPI_Errhandler, errors_return, "ompi_mpi_errors_return")                                     \
    X(MPI_Op, sum, "ompi_mpi_op_sum")                                                              \
    X(MPI_Datatype, float32, "ompi_mpi_float")                                                     \
    X(MPI_Datatype, int64, "ompi_mpi_int64_t")                                                     \
    X(MPI_Datatype, bits16, "ompi_mpi_uint16_t")                                                   \
    X(MPI_Datatype, bytes, "ompi_mpi_byte")

typedef struct {
#define CC_MEMBER(name) __typeof__(MPI_##name) *name;
    CC_FUNCTIONS(CC_MEMBER)
#undef CC_MEMBER
#define CC_MEMBER(type, name, symbol) type name;
    CC_OBJECTS(CC_MEMBER)
#undef CC_MEMBER
} cc_library;

extern cc_library cc_mpi;

#endif
