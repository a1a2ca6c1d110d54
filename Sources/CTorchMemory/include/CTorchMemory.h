// Memory of CPU tensors: kept from one step to the next, and filled from other host memory.
#ifndef CTORCH_MEMORY_H
#define CTORCH_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CT_ELEMENT_FLOAT32,
    CT_ELEMENT_BFLOAT16,
    CT_ELEMENT_FLOAT16,
    CT_ELEMENT_FLOAT64,  // to copy from alone
} ct_element;

// Floating-point elements in host memory on their way into a CPU tensor's memory: `rows` of
// `columns` each, whose rows begin `stride` elements apart. The target of a transposed copy has
// `columns` rows of `rows`. The source need not be aligned. Any thread may copy.
typedef struct {
    const void *source;
    int64_t source_stride;
    ct_element source_type;
    void *target;
    int64_t target_stride;
    ct_element target_type;
    int64_t rows;
    int64_t columns;
    bool transposed;
} ct_block;
// False for a type that is not copied into.
bool ct_copy_block(const ct_block *block);

// From now on CPU tensors live in memory that is kept between steps, `limit` bytes at most.
void ct_allocator_install(uint64_t limit);
typedef struct {
    uint64_t live_bytes;      // in tensors now
    uint64_t peak_bytes;      // the most that was in tensors at once
    uint64_t reserved_bytes;  // taken from the system
    uint64_t allocation_count;
} ct_allocator_statistics;
ct_allocator_statistics ct_allocator_read(void);
void ct_allocator_reset_peak(void);

#ifdef __cplusplus
}
#endif

#endif
