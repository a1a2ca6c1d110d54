#include "ic_pixels.h"

#include <string.h>

// (a * b) / 255, rounded to nearest.
static inline uint8_t multiply(unsigned a, unsigned b) {
    unsigned product = a * b + 128;
    return (uint8_t)(((product >> 8) + product) >> 8);
}

static inline uint8_t divide(unsigned color, unsigned alpha) {
    if (alpha == 0 || alpha == 255) return (uint8_t)color;
    unsigned value = 255 * color / alpha;
    return (uint8_t)(value > 255 ? 255 : value);
}

static inline void fill(uint8_t *rgb, uint8_t value) {
    rgb[0] = value;
    rgb[1] = value;
    rgb[2] = value;
}

void ic_convert_to_rgb(
    const uint8_t *pixels, size_t count, ic_mode mode, const uint8_t *palette, uint8_t *rgb) {
    switch (mode) {
        case IC_MODE_BILEVEL:
        case IC_MODE_GRAY:
            for (size_t i = 0; i < count; i++) fill(rgb + 3 * i, pixels[i]);
            break;
        case IC_MODE_GRAY16:
            // Clipped, not scaled: everything above 255 is white.
            for (size_t i = 0; i < count; i++) {
                fill(rgb + 3 * i, pixels[2 * i + 1] ? 255 : pixels[2 * i]);
            }
            break;
        case IC_MODE_GRAY_ALPHA:
            for (size_t i = 0; i < count; i++) fill(rgb + 3 * i, pixels[2 * i]);
            break;
        case IC_MODE_PALETTE:
            for (size_t i = 0; i < count; i++) memcpy(rgb + 3 * i, palette + 3 * pixels[i], 3);
            break;
        case IC_MODE_RGB: memcpy(rgb, pixels, 3 * count); break;
        case IC_MODE_RGBA:
            for (size_t i = 0; i < count; i++) memcpy(rgb + 3 * i, pixels + 4 * i, 3);
            break;
        case IC_MODE_CMYK:
            for (size_t i = 0; i < count; i++) {
                unsigned light = 255 - pixels[4 * i + 3];
                for (size_t c = 0; c < 3; c++) {
                    rgb[3 * i + c] = (uint8_t)(light - multiply(pixels[4 * i + c], light));
                }
            }
            break;
    }
}

void ic_premultiply(const uint8_t *pixels, size_t count, int channels, uint8_t *output) {
    for (size_t i = 0; i < count; i++, pixels += channels, output += channels) {
        uint8_t alpha = pixels[channels - 1];
        for (int c = 0; c < channels - 1; c++) output[c] = multiply(pixels[c], alpha);
        output[channels - 1] = alpha;
    }
}

void ic_unpremultiply(const uint8_t *pixels, size_t count, int channels, uint8_t *output) {
    for (size_t i = 0; i < count; i++, pixels += channels, output += channels) {
        uint8_t alpha = pixels[channels - 1];
        for (int c = 0; c < channels - 1; c++) output[c] = divide(pixels[c], alpha);
        output[channels - 1] = alpha;
    }
}

void ic_planar_floats(const uint8_t *rgb, size_t count, const float *table, float *planes) {
    float *restrict red = planes;
    float *restrict green = planes + count;
    float *restrict blue = planes + 2 * count;
    for (size_t i = 0; i < count; i++) {
        red[i] = table[rgb[3 * i]];
        green[i] = table[256 + rgb[3 * i + 1]];
        blue[i] = table[512 + rgb[3 * i + 2]];
    }
}
