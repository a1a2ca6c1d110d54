// Changes of colour in RGB pictures, in place, with the bytes of Pillow's ImageEnhance and of
// torchvision's hue on Pillow. `count` is a number of pixels.

#ifndef IC_COLOR_H
#define IC_COLOR_H

#include <stddef.h>
#include <stdint.h>

// Towards black (factor 0) or away from it; 1 changes nothing.
void ic_adjust_brightness(uint8_t *rgb, size_t count, float factor);

// Towards the picture's mean gray (factor 0) or away from it.
void ic_adjust_contrast(uint8_t *rgb, size_t count, float factor);

// Towards each pixel's gray (factor 0) or away from it.
void ic_adjust_saturation(uint8_t *rgb, size_t count, float factor);

// Turns the hue by shift / 256 of a circle, in the 8-bit HSV of Pillow.
void ic_shift_hue(uint8_t *rgb, size_t count, uint8_t shift);

// Each pixel's gray (ITU-R 601-2) in all three channels.
void ic_make_gray(uint8_t *rgb, size_t count);

#endif
