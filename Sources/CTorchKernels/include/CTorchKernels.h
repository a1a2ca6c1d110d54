// Operators of our own, registered with libtorch's dispatcher when the program starts.
#ifndef CTORCHKERNELS_H
#define CTORCHKERNELS_H

#ifdef __cplusplus
extern "C" {
#endif

// Refers to every kernel, so that a linker keeps them; does nothing.
void ck_register(void);

#ifdef __cplusplus
}
#endif

#endif
