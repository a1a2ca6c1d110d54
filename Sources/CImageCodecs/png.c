// PNG by libpng, in the modes that Pillow gives each colour type and depth.

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "failure.h"

enum { header_end = 33 };  // the signature and the IHDR chunk with its checksum

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    ic_status status;
    ic_failure *failure;
} source;

static void take_error(png_structp png, png_const_charp message) {
    source *self = png_get_error_ptr(png);
    if (self->status == IC_OK) {
        self->status = ic_fail(self->failure, IC_CORRUPT, (int64_t)self->position, message);
    }
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void read_bytes(png_structp png, png_bytep output, size_t count) {
    source *self = png_get_io_ptr(png);
    if (count > self->count - self->position) {
        self->status = ic_fail(
            self->failure, IC_TRUNCATED, (int64_t)self->count,
            "the file ends before the picture does");
        png_error(png, "");
    }
    memcpy(output, self->bytes + self->position, count);
    self->position += count;
}

static int64_t big_endian_32(const uint8_t *bytes) {
    return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static bool find_mode(int depth, int color, ic_mode *mode) {
    switch (color) {
        case PNG_COLOR_TYPE_GRAY:
            *mode = depth == 1 ? IC_MODE_BILEVEL : depth == 16 ? IC_MODE_GRAY16 : IC_MODE_GRAY;
            return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
        case PNG_COLOR_TYPE_PALETTE:
            *mode = IC_MODE_PALETTE;
            return depth == 1 || depth == 2 || depth == 4 || depth == 8;
        case PNG_COLOR_TYPE_RGB: *mode = IC_MODE_RGB; break;
        case PNG_COLOR_TYPE_GRAY_ALPHA:
            *mode = depth == 16 ? IC_MODE_RGBA : IC_MODE_GRAY_ALPHA;
            break;
        case PNG_COLOR_TYPE_RGB_ALPHA: *mode = IC_MODE_RGBA; break;
        default: return false;
    }
    return depth == 8 || depth == 16;
}

ic_status ic_png_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    if (count < header_end) {
        return ic_fail(failure, IC_TRUNCATED, (int64_t)count, "the file ends in the header");
    }
    if (big_endian_32(bytes + 8) != 13 || memcmp(bytes + 12, "IHDR", 4)) {
        return ic_fail(failure, IC_CORRUPT, 8, "the first chunk is not a header (IHDR)");
    }
    header->width = big_endian_32(bytes + 16);
    header->height = big_endian_32(bytes + 20);
    if (!find_mode(bytes[24], bytes[25], &header->mode)) {
        return ic_fail(failure, IC_CORRUPT, 24, "no such combination of depth and colour type");
    }
    return IC_OK;
}

// Entries that the file does not define are black, as in Pillow.
static void read_palette(png_structp png, png_infop info, uint8_t *palette) {
    memset(palette, 0, 3 * 256);
    png_colorp entries = NULL;
    int count = 0;
    if (!png_get_PLTE(png, info, &entries, &count)) return;
    for (int i = 0; i < count && i < 256; i++) {
        palette[3 * i] = entries[i].red;
        palette[3 * i + 1] = entries[i].green;
        palette[3 * i + 2] = entries[i].blue;
    }
}

static size_t bytes_per_pixel(ic_mode mode) {
    switch (mode) {
        case IC_MODE_GRAY16:
        case IC_MODE_GRAY_ALPHA: return 2;
        case IC_MODE_RGB: return 3;
        case IC_MODE_RGBA:
        case IC_MODE_CMYK: return 4;
        default: return 1;
    }
}

// Called between setjmp and its return: everything that must outlive a jump is in `self`.
static void read_image(
    png_structp png, png_infop info, const ic_header *header, uint8_t *pixels, uint8_t *palette) {
    png_read_info(png, info);
    if ((int64_t)png_get_image_width(png, info) != header->width
        || (int64_t)png_get_image_height(png, info) != header->height) {
        png_error(png, "the header changed while reading");
    }
    int depth = png_get_bit_depth(png, info);
    int color = png_get_color_type(png, info);
    if (color == PNG_COLOR_TYPE_PALETTE) {
        read_palette(png, info, palette);
        png_set_packing(png);
    } else if (color == PNG_COLOR_TYPE_GRAY && depth == 16) {
        png_set_swap(png);
    } else if (color == PNG_COLOR_TYPE_GRAY && depth < 8) {
        png_set_expand_gray_1_2_4_to_8(png);
    } else if (depth == 16) {
        // The high byte, not the nearest: that is what Pillow takes.
        png_set_strip_16(png);
        if (color == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
    }
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = (size_t)header->width * bytes_per_pixel(header->mode);
    if (png_get_rowbytes(png, info) != stride) png_error(png, "a row of unexpected length");
    for (int pass = 0; pass < passes; pass++) {
        for (int64_t y = 0; y < header->height; y++) {
            png_read_row(png, pixels + (size_t)y * stride, NULL);
        }
    }
}

ic_status ic_png_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    uint8_t *palette, ic_failure *failure) {
    source self = {bytes, count, 0, IC_OK, failure};
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, &self, take_error, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the reader");
    }
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, &self, read_bytes);
        read_image(png, info, header, pixels, palette);
    }
    png_destroy_read_struct(&png, &info, NULL);
    return self.status;
}

ic_status ic_png_encode(
    const uint8_t *pixels, int64_t width, int64_t height, uint8_t **bytes, size_t *count,
    ic_failure *failure) {
    if (width < 1 || height < 1 || width > 1000000 || height > 1000000) {
        return ic_fail(failure, IC_UNSUPPORTED, -1, "PNG is written with sides up to 1000000");
    }
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = PNG_FORMAT_RGB;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *output = malloc(size);
    if (!output) return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the file");
    if (!png_image_write_to_memory(&image, output, &size, 0, pixels, 0, NULL)) {
        free(output);
        return ic_fail(failure, IC_CORRUPT, -1, image.message);
    }
    *bytes = output;
    *count = size;
    return IC_OK;
}

void ic_free(uint8_t *bytes) { free(bytes); }
