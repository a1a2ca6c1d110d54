// Pictures between files in memory and raw pixels.
//
// Reading takes two calls: the header first, so that the caller can refuse a size before any
// memory is asked for, then the pixels into a buffer of width * height * bytes-per-pixel that
// the caller owns. No function keeps state or leaves the process: faults of the libraries come back
// as a status and a message. (dav1d, inside libavif, besides names damaged data on standard error.)

#ifndef IC_CODECS_H
#define IC_CODECS_H

#include <stddef.h>
#include <stdint.h>

// How a pixel is stored; the names in quotes are Pillow's.
typedef enum {
    IC_MODE_BILEVEL,     // "1": one byte, 0 or 255
    IC_MODE_GRAY,        // "L": one byte
    IC_MODE_GRAY16,      // "I;16": two bytes, little-endian
    IC_MODE_GRAY_ALPHA,  // "LA": two bytes
    IC_MODE_PALETTE,     // "P": one byte, an index
    IC_MODE_RGB,         // three bytes
    IC_MODE_RGBA,        // four bytes
    IC_MODE_CMYK,        // four bytes, 255 is full ink
} ic_mode;

typedef enum {
    IC_OK,
    IC_TRUNCATED,
    IC_CORRUPT,
    IC_UNSUPPORTED,
    IC_OUT_OF_MEMORY,
} ic_status;

typedef struct {
    int64_t width;
    int64_t height;
    ic_mode mode;
    int orientation;  // 1 to 8 where the container itself says it, otherwise 0
} ic_header;

// Why a call failed. The offset is that of the reader when it gave up, -1 if unknown.
typedef struct {
    char message[200];
    int64_t offset;
} ic_failure;

ic_status ic_jpeg_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_jpeg_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure);

// `palette` receives 256 RGB triplets when the mode is IC_MODE_PALETTE.
ic_status ic_png_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_png_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    uint8_t *palette, ic_failure *failure);

// Of an animation, the first frame on a transparent canvas.
ic_status ic_webp_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_webp_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure);

// The first frame, on the colour that its file calls transparent.
ic_status ic_gif_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_gif_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    uint8_t *palette, ic_failure *failure);

// The first page.
ic_status ic_tiff_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_tiff_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    uint8_t *palette, ic_failure *failure);

// Of a sequence, the first picture.
ic_status ic_avif_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_avif_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure);

// A JP2 file or a bare codestream.
ic_status ic_jpeg2000_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure);
ic_status ic_jpeg2000_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure);

// Both encoders take RGB rows without padding; `*bytes` is to be released by `ic_free`.
ic_status ic_jpeg_encode(
    const uint8_t *pixels, int64_t width, int64_t height, int quality, uint8_t **bytes,
    size_t *count, ic_failure *failure);
ic_status ic_png_encode(
    const uint8_t *pixels, int64_t width, int64_t height, uint8_t **bytes, size_t *count,
    ic_failure *failure);
void ic_free(uint8_t *bytes);

#endif
