#include "library.h"

#include <dlfcn.h>
#include <stdio.h>

#include "CCollectives.h"

#ifndef OPEN_MPI
#error "the objects behind MPI's macros are known for Open MPI alone"
#endif

cc_library cc_mpi;

// The name of the binary interface that Open MPI has had since its version 2.
static const char *const library_name = "libmpi.so.40";

const char *cc_load(void) {
    static char reason[512];
    static void *handle;
    if (handle) return NULL;
    // Its plug-ins look for the library's symbols among those of the program.
    void *opened = dlopen(library_name, RTLD_NOW | RTLD_GLOBAL);
    if (!opened) {
        snprintf(reason, sizeof reason, "%s", dlerror());
        return reason;
    }
    const char *missing = NULL;
#define CC_FIND(name)                                                                              \
    if (!(cc_mpi.name = (__typeof__(cc_mpi.name))dlsym(opened, "MPI_" #name))) missing = "MPI_" #name;
    CC_FUNCTIONS(CC_FIND)
#undef CC_FIND
#define CC_FIND(type, name, symbol)                                                                \
    if (!(cc_mpi.name = (type)dlsym(opened, symbol))) missing = symbol;
    CC_OBJECTS(CC_FIND)
#undef CC_FIND
    if (missing) {
        snprintf(reason, sizeof reason, "%s has no %s", library_name, missing);
        return reason;
    }
    handle = opened;
    return NULL;
}
