#include "ic_color.h"

// Results are rounded as written, on processors with fused operations too.
#pragma STDC FP_CONTRACT OFF

static inline uint8_t gray(const uint8_t *rgb) {
    return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
}

static inline uint8_t clipped(float value) {
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)value;
}

// The point at `factor` on the line from `base` (0) through `value` (1).
static inline uint8_t blended(int base, int value, float factor) {
    return clipped((float)base + factor * (float)(value - base));
}

static void blend_constant(uint8_t *rgb, size_t count, int base, float factor) {
    uint8_t table[256];
    for (int value = 0; value < 256; value++) table[value] = blended(base, value, factor);
    for (size_t i = 0; i < 3 * count; i++) rgb[i] = table[rgb[i]];
}

void ic_adjust_brightness(uint8_t *rgb, size_t count, float factor) {
    blend_constant(rgb, count, 0, factor);
}

void ic_adjust_contrast(uint8_t *rgb, size_t count, float factor) {
    if (count == 0) return;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += gray(rgb + 3 * i);
    blend_constant(rgb, count, (int)((double)sum / (double)count + 0.5), factor);
}

void ic_adjust_saturation(uint8_t *rgb, size_t count, float factor) {
    for (size_t i = 0; i < count; i++, rgb += 3) {
        int base = gray(rgb);
        for (int c = 0; c < 3; c++) rgb[c] = blended(base, rgb[c], factor);
    }
}

void ic_make_gray(uint8_t *rgb, size_t count) {
    for (size_t i = 0; i < count; i++, rgb += 3) {
        uint8_t value = gray(rgb);
        for (int c = 0; c < 3; c++) rgb[c] = value;
    }
}

typedef struct {
    uint8_t h, s, v;
} hsv;

static inline hsv to_hsv(const uint8_t *rgb) {
    int r = rgb[0], g = rgb[1], b = rgb[2];
    int high = r > g ? (r > b ? r : b) : (g > b ? g : b);
    int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
    if (high == low) return (hsv){0, 0, (uint8_t)high};
    float range = (float)(high - low);
    float red = (float)(high - r) / range;
    float green = (float)(high - g) / range;
    float blue = (float)(high - b) / range;
    float sector = r == high   ? blue - green
                   : g == high ? (float)(2.0 + red - blue)
                               : (float)(4.0 + green - red);
    double turned = sector / 6.0 + 1.0;
    float hue = (float)(turned >= 1.0 ? turned - 1.0 : turned);
    float saturation = range / (float)high;
    return (hsv){(uint8_t)(int)(hue * 255.0), (uint8_t)(int)(saturation * 255.0), (uint8_t)high};
}

static inline uint8_t rounded(float value) { return (uint8_t)(int)(value + 0.5f); }

static inline void from_hsv(hsv color, uint8_t *rgb) {
    uint8_t v = color.v;
    if (color.s == 0) {
        rgb[0] = rgb[1] = rgb[2] = v;
        return;
    }
    int sector = (int)((float)color.h * 6.0 / 255.0);
    float f = (float)((float)color.h * 6.0 / 255.0 - (float)sector);
    float s = (float)(color.s / 255.0);
    uint8_t p = rounded((float)(v * (1.0 - s)));
    uint8_t q = rounded((float)(v * (1.0 - s * f)));
    uint8_t t = rounded((float)(v * (1.0 - s * (1.0 - f))));
    const uint8_t faces[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
    for (int c = 0; c < 3; c++) rgb[c] = faces[sector % 6][c];
}

void ic_shift_hue(uint8_t *rgb, size_t count, uint8_t shift) {
    for (size_t i = 0; i < count; i++, rgb += 3) {
        hsv color = to_hsv(rgb);
        color.h = (uint8_t)(color.h + shift);
        from_hsv(color, rgb);
    }
}
