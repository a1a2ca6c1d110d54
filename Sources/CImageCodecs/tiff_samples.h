// Private to this target: how the samples of a TIFF become pixels.

#ifndef IC_TIFF_SAMPLES_H
#define IC_TIFF_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tiffio.h>

#include "ic_codecs.h"

typedef struct {
    ic_mode mode;
    int bits;          // of a sample: 1, 2, 4, 8, 12 or 16
    int samples;       // of a pixel, those that are passed over included
    bool isPlanar;     // each sample in a plane of its own
    bool isInverted;   // 0 is white
    bool isMultiplied; // colours were multiplied by opacity
    bool isJPEG;       // compressed so
    bool isConverted;  // libtiff's conversion to RGBA is to be used
} tiff_layout;

ic_status tiff_find_layout(TIFF *tiff, tiff_layout *layout, ic_failure *failure);

int tiff_bytes_per_pixel(ic_mode mode);

// One row: `plane_bytes` lie between a sample and the next one where they are planar.
void tiff_unpack(
    const tiff_layout *layout, const uint8_t *row, size_t plane_bytes, uint32_t count,
    uint8_t *pixels);

#endif
