// Antialiased resizing with the results of Pillow's `Image.resize`, byte for byte.

#ifndef IC_RESAMPLE_H
#define IC_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    IC_FILTER_BILINEAR,
    IC_FILTER_BICUBIC,
} ic_filter;

// A picture in memory: interleaved samples, `stride` bytes from one row to the next.
typedef struct {
    const uint8_t *pixels;
    size_t stride;
    int64_t width;
    int64_t height;
    int channels;  // 1 to 4
} ic_picture;

// The picture is resized to `width` x `height`, of which only the window is computed.
typedef struct {
    int64_t width;
    int64_t height;
    int64_t window_x;
    int64_t window_y;
    int64_t window_width;
    int64_t window_height;
    bool mirrored;  // the window's columns in reverse order
} ic_target;

// Eight-bit samples. `output` holds window_width * window_height * channels bytes without
// padding. False when memory is exhausted.
bool ic_resample_8(ic_picture input, ic_target target, ic_filter filter, uint8_t *output);

// One channel of little-endian 16-bit samples (`channels` is 1), `output` likewise.
bool ic_resample_16(ic_picture input, ic_target target, ic_filter filter, uint8_t *output);

// Nearest neighbour, for pixels of `channels` bytes that cannot be mixed. False when memory is
// exhausted.
bool ic_resample_nearest(ic_picture input, ic_target target, uint8_t *output);

#endif
