// Conversions of pixels with the results of Pillow's `Image.convert`, and the step from bytes
// to the floats that a model takes.

#ifndef IC_PIXELS_H
#define IC_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "ic_codecs.h"

// `count` pixels of any mode to RGB. `palette` is read for IC_MODE_PALETTE only.
void ic_convert_to_rgb(
    const uint8_t *pixels, size_t count, ic_mode mode, const uint8_t *palette, uint8_t *rgb);

// Colour times alpha and back, for `channels` 2 (gray, alpha) or 4 (RGB, alpha). In place is
// allowed.
void ic_premultiply(const uint8_t *pixels, size_t count, int channels, uint8_t *output);
void ic_unpremultiply(const uint8_t *pixels, size_t count, int channels, uint8_t *output);

// Interleaved RGB bytes to three planes of floats: plane c is table[c * 256 + byte].
void ic_planar_floats(const uint8_t *rgb, size_t count, const float *table, float *planes);

#endif
