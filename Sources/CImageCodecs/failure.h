// Private to this target: filling in an `ic_failure`.

#ifndef IC_FAILURE_H
#define IC_FAILURE_H

#include <stdio.h>

#include "ic_codecs.h"

static inline ic_status ic_fail(
    ic_failure *failure, ic_status status, int64_t offset, const char *message) {
    snprintf(failure->message, sizeof failure->message, "%s", message);
    // One line, whatever a library writes.
    for (char *c = failure->message; *c; c++) {
        if (*c > 0 && *c < ' ') *c = ' ';
    }
    failure->offset = offset;
    return status;
}

#endif
