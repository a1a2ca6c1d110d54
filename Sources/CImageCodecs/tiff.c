// The first page of a TIFF by libtiff, in the modes that Pillow gives each kind.

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "failure.h"
#include "tiff_samples.h"

enum {
    // What libtiff may ask for at once: the largest picture that is read, in its widest pixels.
    most_memory = INT32_MAX,
    most_tile_pixels = 1 << 24,
};

typedef struct {
    TIFF *tiff;
    const uint8_t *bytes;
    size_t count;
    size_t position;
    bool truncated;  // something beyond the end of the file was asked for
    char message[200];
} reader;

static tmsize_t read_bytes(thandle_t handle, void *output, tmsize_t wanted) {
    reader *self = handle;
    if (wanted < 0) return 0;
    size_t left = self->count - self->position;
    size_t taken = (size_t)wanted;
    if (taken > left) {
        taken = left;
        self->truncated = true;
    }
    memcpy(output, self->bytes + self->position, taken);
    self->position += taken;
    return (tmsize_t)taken;
}

static tmsize_t write_bytes(thandle_t handle, void *bytes, tmsize_t count) {
    (void)handle;
    (void)bytes;
    (void)count;
    return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    reader *self = handle;
    toff_t base = whence == SEEK_CUR ? self->position : whence == SEEK_END ? self->count : 0;
    toff_t place = base + offset;
    if (place > self->count) {
        self->truncated = true;
        place = self->count;
    }
    self->position = (size_t)place;
    return place;
}

static int close_nothing(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle) { return ((reader *)handle)->count; }

// The first error is the cause, the others follow from it.
static int take_error(
    TIFF *tiff, void *self, const char *module, const char *format, va_list arguments) {
    (void)tiff;
    (void)module;
    char *message = ((reader *)self)->message;
    if (!message[0]) vsnprintf(message, sizeof((reader *)self)->message, format, arguments);
    return 1;
}

static int ignore_warning(
    TIFF *tiff, void *self, const char *module, const char *format, va_list arguments) {
    (void)tiff;
    (void)self;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static ic_status fail(const reader *self, ic_failure *failure) {
    if (self->truncated) {
        return ic_fail(
            failure, IC_TRUNCATED, (int64_t)self->count, "the file ends before the picture does");
    }
    return ic_fail(
        failure, IC_CORRUPT, -1, self->message[0] ? self->message : "invalid TIFF data");
}

// Opens the file at its first page. What was opened is to be closed.
static ic_status open_reader(
    reader *self, const uint8_t *bytes, size_t count, ic_failure *failure) {
    memset(self, 0, sizeof *self);
    self->bytes = bytes;
    self->count = count;
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the reader");
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, most_memory);
    TIFFOpenOptionsSetErrorHandlerExtR(options, take_error, self);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, self);
    self->tiff = TIFFClientOpenExt(
        "picture", "rm", self, read_bytes, write_bytes, seek, close_nothing, size_of, NULL, NULL,
        options);
    TIFFOpenOptionsFree(options);
    return self->tiff ? IC_OK : fail(self, failure);
}

static void close_reader(reader *self) {
    if (self->tiff) TIFFClose(self->tiff);
}

static ic_status describe(
    reader *self, tiff_layout *layout, ic_header *header, ic_failure *failure) {
    uint32_t width = 0;
    uint32_t height = 0;
    if (!TIFFGetField(self->tiff, TIFFTAG_IMAGEWIDTH, &width)
        || !TIFFGetField(self->tiff, TIFFTAG_IMAGELENGTH, &height)) {
        return fail(self, failure);
    }
    ic_status status = tiff_find_layout(self->tiff, layout, failure);
    if (status != IC_OK) return status;
    uint16_t orientation = 1;
    TIFFGetFieldDefaulted(self->tiff, TIFFTAG_ORIENTATION, &orientation);
    header->width = width;
    header->height = height;
    header->mode = layout->mode;
    header->orientation = orientation;
    return IC_OK;
}

// Pixels that only libtiff's own conversion to RGBA understands: luminance and chroma apart.
static ic_status read_converted(
    reader *self, const ic_header *header, uint8_t *pixels, ic_failure *failure) {
    TIFFRGBAImage image;
    char message[1024] = "";
    if (!TIFFRGBAImageBegin(&image, self->tiff, 1, message)) {
        return ic_fail(failure, IC_UNSUPPORTED, -1, message);
    }
    // As it is stored: turning it is the caller's.
    image.req_orientation = image.orientation;
    size_t count = (size_t)header->width * (size_t)header->height;
    uint32_t *raster = malloc(count * sizeof *raster);
    bool isRead = raster
        && TIFFRGBAImageGet(&image, raster, (uint32_t)header->width, (uint32_t)header->height);
    TIFFRGBAImageEnd(&image);
    for (size_t i = 0; isRead && i < count; i++) {
        pixels[3 * i] = TIFFGetR(raster[i]);
        pixels[3 * i + 1] = TIFFGetG(raster[i]);
        pixels[3 * i + 2] = TIFFGetB(raster[i]);
    }
    bool hasMemory = raster;
    free(raster);
    if (!hasMemory) return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the picture");
    return isRead ? IC_OK : fail(self, failure);
}

// A tile or strip: its size, and room for all planes of it.
typedef struct {
    bool isTiled;
    uint32_t width;
    uint32_t height;
    size_t row_bytes;
    size_t plane_bytes;
    uint8_t *bytes;
} block;

static ic_status make_block(
    reader *self, const tiff_layout *layout, const ic_header *header, block *made,
    ic_failure *failure) {
    made->isTiled = TIFFIsTiled(self->tiff);
    made->width = (uint32_t)header->width;
    made->height = (uint32_t)header->height;
    if (made->isTiled) {
        made->width = 0;
        made->height = 0;
        TIFFGetField(self->tiff, TIFFTAG_TILEWIDTH, &made->width);
        TIFFGetField(self->tiff, TIFFTAG_TILELENGTH, &made->height);
        if (!made->width || !made->height
            || (uint64_t)made->width * made->height > most_tile_pixels) {
            return ic_fail(failure, IC_UNSUPPORTED, -1, "tiles of more than 16777216 pixels");
        }
    } else {
        uint32_t rows = 0;
        TIFFGetFieldDefaulted(self->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
        if (rows && rows < made->height) made->height = rows;
    }
    size_t samples = layout->isPlanar ? 1 : (size_t)layout->samples;
    made->row_bytes = ((size_t)made->width * samples * (size_t)layout->bits + 7) / 8;
    made->plane_bytes = made->row_bytes * made->height;
    tmsize_t expected = made->isTiled ? TIFFTileSize(self->tiff)
                                      : TIFFVStripSize(self->tiff, made->height);
    if (expected != (tmsize_t)made->plane_bytes) {
        return ic_fail(failure, IC_CORRUPT, -1, "strips or tiles of an unexpected size");
    }
    made->bytes = calloc(layout->isPlanar ? (size_t)layout->samples : 1, made->plane_bytes);
    return made->bytes ? IC_OK
                       : ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the picture");
}

// Whether all of a block lies in the file. libtiff's other decoders notice themselves, that of JPEG
// paints the rest gray.
static bool is_whole(reader *self, uint32_t number) {
    uint64_t start = TIFFGetStrileOffset(self->tiff, number);
    uint64_t size = TIFFGetStrileByteCount(self->tiff, number);
    bool fits = start <= self->count && size <= self->count - start;
    if (!fits) self->truncated = true;
    return fits;
}

// All planes of the block that begins at a pixel.
static bool read_block(
    reader *self, const tiff_layout *layout, const block *into, uint32_t x, uint32_t y,
    uint32_t rows) {
    int planes = layout->isPlanar ? layout->samples : 1;
    for (int plane = 0; plane < planes; plane++) {
        uint8_t *bytes = into->bytes + (size_t)plane * into->plane_bytes;
        tmsize_t size = (tmsize_t)(into->isTiled ? into->plane_bytes : into->row_bytes * rows);
        uint32_t number = into->isTiled
            ? TIFFComputeTile(self->tiff, x, y, 0, (uint16_t)plane)
            : TIFFComputeStrip(self->tiff, y, (uint16_t)plane);
        if (layout->isJPEG && !is_whole(self, number)) return false;
        tmsize_t done = into->isTiled ? TIFFReadEncodedTile(self->tiff, number, bytes, size)
                                      : TIFFReadEncodedStrip(self->tiff, number, bytes, size);
        if (done < size) return false;
    }
    return true;
}

static ic_status read_blocks(
    reader *self, const tiff_layout *layout, const ic_header *header, uint8_t *pixels,
    ic_failure *failure) {
    block part = {0};
    ic_status status = make_block(self, layout, header, &part, failure);
    uint32_t width = (uint32_t)header->width;
    uint32_t height = (uint32_t)header->height;
    size_t stride = (size_t)width * (size_t)tiff_bytes_per_pixel(layout->mode);
    for (uint32_t y = 0; status == IC_OK && y < height; y += part.height) {
        uint32_t rows = height - y < part.height ? height - y : part.height;
        for (uint32_t x = 0; status == IC_OK && x < width; x += part.width) {
            uint32_t columns = width - x < part.width ? width - x : part.width;
            if (!read_block(self, layout, &part, x, y, rows)) {
                status = fail(self, failure);
                break;
            }
            for (uint32_t row = 0; row < rows; row++) {
                tiff_unpack(
                    layout, part.bytes + row * part.row_bytes, part.plane_bytes, columns,
                    pixels + (y + row) * stride + x * (stride / width));
            }
        }
        if (part.height > height - y) break;
    }
    free(part.bytes);
    return status;
}

static ic_status read_palette(
    TIFF *tiff, const tiff_layout *layout, uint8_t *palette, ic_failure *failure) {
    uint16_t *red, *green, *blue;
    memset(palette, 0, 3 * 256);
    if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) {
        return ic_fail(failure, IC_CORRUPT, -1, "indices into a palette that is not there");
    }
    for (int i = 0; i < 1 << layout->bits; i++) {
        palette[3 * i] = (uint8_t)(red[i] >> 8);
        palette[3 * i + 1] = (uint8_t)(green[i] >> 8);
        palette[3 * i + 2] = (uint8_t)(blue[i] >> 8);
    }
    return IC_OK;
}

ic_status ic_tiff_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    reader self;
    tiff_layout layout;
    ic_status status = open_reader(&self, bytes, count, failure);
    if (status == IC_OK) status = describe(&self, &layout, header, failure);
    close_reader(&self);
    return status;
}

ic_status ic_tiff_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    uint8_t *palette, ic_failure *failure) {
    reader self;
    tiff_layout layout;
    ic_header found;
    ic_status status = open_reader(&self, bytes, count, failure);
    if (status == IC_OK) status = describe(&self, &layout, &found, failure);
    if (status == IC_OK && layout.isConverted) {
        status = read_converted(&self, header, pixels, failure);
    } else if (status == IC_OK) {
        if (layout.mode == IC_MODE_PALETTE) {
            status = read_palette(self.tiff, &layout, palette, failure);
        }
        if (status == IC_OK) status = read_blocks(&self, &layout, header, pixels, failure);
    }
    close_reader(&self);
    return status;
}
