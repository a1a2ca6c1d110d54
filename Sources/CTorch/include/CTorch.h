// libtorch behind plain C: handles, one generic operator call, autograd, devices.
//
// Contract of every function that returns `char *`: NULL is success, anything else is an error
// message that the caller frees with ct_free_message. Its first byte is a ct_failure_kind, the text
// follows. No C++ exception crosses this header.
// A ct_tensor that a function gives out is owned by the caller, who ends it with ct_tensor_free.
// Tensors that are handed in stay the caller's, and must live until the call returns.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_handle *ct_tensor;
typedef struct ct_operator_handle *ct_operator;
typedef struct ct_generator_handle *ct_generator;

// Element types and devices by number of our own, so that no ordinal of libtorch crosses.
typedef enum {
    CT_FLOAT32 = 0,
    CT_BFLOAT16 = 1,
    CT_FLOAT16 = 2,
    CT_FLOAT64 = 3,
    CT_INT64 = 4,
    CT_INT32 = 5,
    CT_UINT8 = 6,
    CT_BOOL = 7,
} ct_dtype;

typedef enum { CT_CPU = 0, CT_CUDA = 1, CT_META = 2 } ct_device_kind;

typedef struct {
    ct_device_kind kind;
    int32_t index;  // -1: the current one
} ct_device;

// One argument of an operator.
typedef enum {
    CT_VALUE_NONE,
    CT_VALUE_TENSOR,         // tensors[0]
    CT_VALUE_TENSORS,        // tensors[0..<count]
    CT_VALUE_OPTIONAL_TENSORS,
    CT_VALUE_INT,            // integer
    CT_VALUE_DOUBLE,         // real
    CT_VALUE_BOOL,           // integer
    CT_VALUE_INTS,           // integers[0..<count]
    CT_VALUE_DOUBLES,        // reals[0..<count]
    CT_VALUE_STRING,         // text
    CT_VALUE_DTYPE,          // integer, a ct_dtype
    CT_VALUE_DEVICE,         // device
    CT_VALUE_GENERATOR,      // generator
    CT_VALUE_SCALARS,        // reals[0..<count], as a list of numbers
} ct_value_kind;

typedef struct {
    ct_value_kind kind;
    int64_t integer;
    double real;
    size_t count;
    const ct_tensor *tensors;
    const int64_t *integers;
    const double *reals;
    const char *text;
    ct_device device;
    ct_generator generator;
} ct_value;

// Whose failure a message tells of.
typedef enum {
    CT_FAILURE_PROGRAM = 'p',      // ours: a shape, a dtype, an argument
    CT_FAILURE_MEMORY = 'm',       // the machine's or the device's memory is used up
    CT_FAILURE_UNSUPPORTED = 'u',  // this processor or GPU cannot do it
    CT_FAILURE_DEVICE = 'd',       // the GPU failed
    CT_FAILURE_RELAYED = 'r',      // the caller's own, of one of its backward functions
} ct_failure_kind;

void ct_free_message(char *message);
// A message of the caller's, for a backward function to return.
char *ct_failure(ct_failure_kind kind, const char *text);

// Operators. `name` is "aten::add", `overload` is "Tensor" or "". Handles live forever.
char *ct_operator_find(const char *name, const char *overload, ct_operator *out);
// The operator's schema as plain text; freed with ct_free_message.
char *ct_operator_schema(ct_operator op);
// Calls `op`; its results, tensors and lists of tensors laid flat, go to `results`.
// A result that is an undefined tensor or not a tensor is NULL.
char *ct_operator_call(ct_operator op, const ct_value *arguments, size_t argument_count,
                       ct_tensor *results, size_t capacity, size_t *result_count);

// Tensors.
void ct_tensor_free(ct_tensor tensor);
// A second handle to the same tensor, owned by the caller.
ct_tensor ct_tensor_share(ct_tensor tensor);
char *ct_tensor_from_bytes(const void *bytes, size_t byte_count, const int64_t *shape, size_t rank,
                           ct_dtype dtype, ct_tensor *out);
size_t ct_tensor_rank(ct_tensor tensor);
void ct_tensor_shape(ct_tensor tensor, int64_t *shape);
int64_t ct_tensor_element_count(ct_tensor tensor);
int32_t ct_tensor_dtype(ct_tensor tensor);  // a ct_dtype, or -1
ct_device ct_tensor_device(ct_tensor tensor);
bool ct_tensor_is_contiguous(ct_tensor tensor);
// The first element of a CPU tensor, or NULL on another device.
void *ct_tensor_data(ct_tensor tensor);
// Lets the memory go that lies behind a tensor and behind all that share it; their shapes stay, and
// none of them may be read or written until ct_storage_allocate has given them memory again.
char *ct_storage_release(ct_tensor tensor);
char *ct_storage_allocate(ct_tensor tensor, size_t byte_count);

// Autograd.
bool ct_tensor_requires_grad(ct_tensor tensor);
char *ct_tensor_set_requires_grad(ct_tensor tensor, bool value);
// The gradient, or NULL in `out` where there is none.
char *ct_tensor_grad(ct_tensor tensor, ct_tensor *out);
char *ct_tensor_set_grad(ct_tensor tensor, ct_tensor grad_or_null);
char *ct_backward(const ct_tensor *roots, const ct_tensor *gradients, size_t count,
                  bool retain_graph);
bool ct_grad_enabled(void);
void ct_set_grad_enabled(bool enabled);

// A node of one's own in the graph: `outputs` (made without gradient) are given a history whose
// backward calls `backward`. It gets one gradient per output (NULL where none came), borrowed,
// and writes one owned gradient per input (NULL for none); it returns NULL or what ct_failure gave.
// `release(context)` is called once, when the graph is freed.
typedef char *(*ct_backward_function)(void *context, const ct_tensor *output_gradients,
                                      size_t output_count, ct_tensor *input_gradients,
                                      size_t input_count);
char *ct_attach_history(const ct_tensor *inputs, size_t input_count, const ct_tensor *outputs,
                        size_t output_count, ct_backward_function backward,
                        void (*release)(void *context), void *context);

// Random sources.
char *ct_generator_create(ct_device device, uint64_t seed, ct_generator *out);
void ct_generator_free(ct_generator generator);

// Devices and threads.
// The folder that libtorch was loaded from, to be freed with ct_free_message; NULL where unknown.
char *ct_library_folder(void);
// Loads libtorch's CUDA side, which is not linked, and sets it up. libtorch asks once whether there
// is one and keeps the answer; it does so when it first goes backward, even on a CPU.
char *ct_cuda_load(const char *path);
// The version of the CUDA runtime that libtorch comes with, such as 13020; 0 where there is none.
int32_t ct_cuda_runtime_version(void);
// Makes a GPU the one that this thread uses where no other is named.
char *ct_cuda_select(int32_t index);
// Waits for all that a GPU was given to do.
char *ct_cuda_synchronize(int32_t index);
typedef struct {
    uint64_t live_bytes;      // in tensors now
    uint64_t peak_bytes;      // the most that was in tensors at once
    uint64_t reserved_bytes;  // taken from the device
} ct_device_memory;
char *ct_cuda_memory(int32_t index, ct_device_memory *out);
char *ct_cuda_reset_peak(int32_t index);
void ct_set_thread_count(int32_t count);
int32_t ct_thread_count(void);

// A way to a GPU beside its current stream: what is copied by it arrives while the GPU computes.
typedef struct ct_lane_handle *ct_lane;
char *ct_lane_create(ct_device device, ct_lane *out);
void ct_lane_free(ct_lane lane);
// Starts to copy pinned CPU tensors. The copies are not to be used before ct_lane_join.
char *ct_lane_copy(ct_lane lane, const ct_tensor *sources, size_t count, ct_tensor *copies);
// Makes what this thread has the GPU compute from now on wait for the copies.
char *ct_lane_join(ct_lane lane, const ct_tensor *copies, size_t count);

const char *ct_version(void);

#ifdef __cplusplus
}
#endif

#endif
