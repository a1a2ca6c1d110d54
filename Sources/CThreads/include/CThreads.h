// The threads that libtorch's operators run on.
//
// libtorch, and MKL and oneDNN within it, divide their work by OpenMP. This target defines the
// functions of OpenMP's runtime that they call, under the names of GCC's libgomp: a program that
// holds these has them called instead of the library's, by the rules of the dynamic linker.
#ifndef CTHREADS_H
#define CTHREADS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Processors that the scheduler lets this thread run on.
int32_t cth_affinity_count(void);

// Processors that the scheduler lets a process run on; 1 where that cannot be known.
int32_t cth_affinity_count_of(int32_t process);

// Parallel regions that this implementation has run; 0 tells that the calls go elsewhere.
uint64_t cth_region_count(void);

#ifdef __cplusplus
}
#endif

#endif
