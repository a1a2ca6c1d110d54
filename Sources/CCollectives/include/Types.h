#ifndef CCOLLECTIVES_TYPES_H
#define CCOLLECTIVES_TYPES_H

typedef enum {
    CC_FLOAT32,
    CC_INT64,
    // Of these nothing is summed.
    CC_BITS16,
    CC_BYTES,
} cc_type;

#endif
