// JPEG by libjpeg-turbo, with the settings and the tolerance of Pillow: accurate integer DCT,
// smooth upsampling, four components always taken as inverted CMYK.

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// jpeglib.h needs stdio.h before it.
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

#include "failure.h"

// Each scan of a progressive file costs a pass over the whole picture. Encoders write about ten;
// a file with more than this many is made to waste time.
enum { maximum_scans = 200 };

enum { rows_at_once = 16 };

typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf jump;
    ic_status status;
    ic_failure *failure;
} error_handler;

typedef struct {
    struct jpeg_decompress_struct codec;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    error_handler handler;
    const uint8_t *bytes;
} decoder;

static void take_error(j_common_ptr codec) {
    error_handler *handler = (error_handler *)codec->err;
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    snprintf(handler->failure->message, sizeof handler->failure->message, "%s", text);
    handler->status = IC_CORRUPT;
    switch (codec->err->msg_code) {
        case JERR_OUT_OF_MEMORY: handler->status = IC_OUT_OF_MEMORY; break;
        case JERR_BAD_PRECISION:
        case JERR_ARITH_NOTIMPL:
        case JERR_CONVERSION_NOTIMPL:
        case JERR_SOF_UNSUPPORTED:
        case JERR_NOT_COMPILED: handler->status = IC_UNSUPPORTED; break;
        default: break;
    }
    longjmp(handler->jump, 1);
}

// A marker in the midst of the coded data means that the rest of the picture is missing; the
// library would paint it gray. All other warnings leave a whole picture.
static void take_message(j_common_ptr codec, int level) {
    if (level < 0 && codec->err->msg_code == JWRN_HIT_MARKER) take_error(codec);
}

static void print_nothing(j_common_ptr codec) { (void)codec; }

static void limit_scans(j_common_ptr codec) {
    j_decompress_ptr decompressor = (j_decompress_ptr)codec;
    if (decompressor->input_scan_number <= maximum_scans) return;
    error_handler *handler = (error_handler *)codec->err;
    handler->status = ic_fail(handler->failure, IC_UNSUPPORTED, -1, "more than 200 scans");
    longjmp(handler->jump, 1);
}

static void prepare_errors(error_handler *handler, ic_failure *failure) {
    jpeg_std_error(&handler->manager);
    handler->manager.error_exit = take_error;
    handler->manager.emit_message = take_message;
    handler->manager.output_message = print_nothing;
    handler->failure = failure;
    failure->message[0] = 0;
    failure->offset = -1;
}

// The source holds the whole file, so whenever the library asks for more, the file ends early.
// "Suspending" makes the library's calls return instead of inventing an end marker.
static boolean suspend(j_decompress_ptr codec) {
    (void)codec;
    return FALSE;
}

static void start_source(j_decompress_ptr codec) { (void)codec; }

static void skip_bytes(j_decompress_ptr codec, long count) {
    struct jpeg_source_mgr *source = codec->src;
    size_t step = count < 0 ? 0 : (size_t)count;
    if (step > source->bytes_in_buffer) step = source->bytes_in_buffer;
    source->next_input_byte += step;
    source->bytes_in_buffer -= step;
}

static void prepare_source(decoder *self, const uint8_t *bytes, size_t count) {
    self->source.init_source = start_source;
    self->source.fill_input_buffer = suspend;
    self->source.skip_input_data = skip_bytes;
    self->source.resync_to_restart = jpeg_resync_to_restart;
    self->source.term_source = start_source;
    self->source.next_input_byte = bytes;
    self->source.bytes_in_buffer = count;
    self->bytes = bytes;
    self->codec.src = &self->source;
}

static ic_status truncated(decoder *self, ic_failure *failure, size_t count, const char *where) {
    self->handler.status = ic_fail(failure, IC_TRUNCATED, (int64_t)count, where);
    return self->handler.status;
}

static ic_status read_header(decoder *self, size_t count, ic_header *header, ic_failure *failure) {
    struct jpeg_decompress_struct *codec = &self->codec;
    if (jpeg_read_header(codec, TRUE) == JPEG_SUSPENDED) {
        return truncated(self, failure, count, "the file ends in the header");
    }
    header->width = codec->image_width;
    header->height = codec->image_height;
    switch (codec->num_components) {
        case 1:
            header->mode = IC_MODE_GRAY;
            codec->out_color_space = JCS_GRAYSCALE;
            return IC_OK;
        case 3:
            header->mode = IC_MODE_RGB;
            codec->out_color_space = JCS_RGB;
            return IC_OK;
        case 4:
            header->mode = IC_MODE_CMYK;
            codec->out_color_space = JCS_CMYK;
            return IC_OK;
        default:
            return ic_fail(
                failure, IC_UNSUPPORTED, -1, "a number of components other than 1, 3 or 4");
    }
}

static ic_status read_pixels(
    decoder *self, size_t count, const ic_header *header, uint8_t *pixels, ic_failure *failure) {
    struct jpeg_decompress_struct *codec = &self->codec;
    self->progress.progress_monitor = limit_scans;
    codec->progress = &self->progress;
    if (!jpeg_start_decompress(codec)) {
        return truncated(self, failure, count, "the file ends before the picture does");
    }
    size_t stride = (size_t)codec->output_width * (size_t)codec->output_components;
    while (codec->output_scanline < codec->output_height) {
        JSAMPROW rows[rows_at_once];
        uint8_t *row = pixels + codec->output_scanline * stride;
        JDIMENSION wanted = codec->output_height - codec->output_scanline;
        if (wanted > rows_at_once) wanted = rows_at_once;
        for (JDIMENSION i = 0; i < wanted; i++) rows[i] = row + i * stride;
        JDIMENSION done = jpeg_read_scanlines(codec, rows, wanted);
        if (done == 0) {
            return truncated(self, failure, count, "the file ends before the picture does");
        }
        if (header->mode == IC_MODE_CMYK) {
            for (size_t i = 0; i < done * stride; i++) row[i] = (uint8_t)~row[i];
        }
    }
    // A missing end marker is no fault once all rows are there.
    jpeg_finish_decompress(codec);
    return IC_OK;
}

// The header alone when `pixels` is null.
static ic_status decode(
    const uint8_t *bytes, size_t count, ic_header *header, uint8_t *pixels, ic_failure *failure) {
    decoder self;
    memset(&self, 0, sizeof self);
    prepare_errors(&self.handler, failure);
    self.codec.err = &self.handler.manager;
    if (setjmp(self.handler.jump)) {
        if (self.codec.src) failure->offset = self.codec.src->next_input_byte - self.bytes;
        ic_status status = self.handler.status;
        jpeg_destroy_decompress(&self.codec);
        return status;
    }
    jpeg_create_decompress(&self.codec);
    prepare_source(&self, bytes, count);
    ic_header found;
    ic_status status = read_header(&self, count, &found, failure);
    if (status == IC_OK && pixels) {
        bool same = found.width == header->width && found.height == header->height
            && found.mode == header->mode;
        status = same ? read_pixels(&self, count, &found, pixels, failure)
                      : ic_fail(failure, IC_CORRUPT, -1, "the header changed while reading");
    }
    if (status == IC_OK && !pixels) *header = found;
    jpeg_destroy_decompress(&self.codec);
    return status;
}

ic_status ic_jpeg_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    return decode(bytes, count, header, NULL, failure);
}

ic_status ic_jpeg_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure) {
    ic_header expected = *header;
    return decode(bytes, count, &expected, pixels, failure);
}

ic_status ic_jpeg_encode(
    const uint8_t *pixels, int64_t width, int64_t height, int quality, uint8_t **bytes,
    size_t *count, ic_failure *failure) {
    if (width < 1 || height < 1 || width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) {
        return ic_fail(failure, IC_UNSUPPORTED, -1, "JPEG holds sides of 1 to 65500 pixels");
    }
    struct {
        struct jpeg_compress_struct codec;
        error_handler handler;
        unsigned char *bytes;
        unsigned long count;
    } self;
    memset(&self, 0, sizeof self);
    prepare_errors(&self.handler, failure);
    self.codec.err = &self.handler.manager;
    if (setjmp(self.handler.jump)) {
        ic_status status = self.handler.status;
        jpeg_destroy_compress(&self.codec);
        free(self.bytes);
        return status;
    }
    jpeg_create_compress(&self.codec);
    jpeg_mem_dest(&self.codec, &self.bytes, &self.count);
    self.codec.image_width = (JDIMENSION)width;
    self.codec.image_height = (JDIMENSION)height;
    self.codec.input_components = 3;
    self.codec.in_color_space = JCS_RGB;
    jpeg_set_defaults(&self.codec);
    jpeg_set_quality(&self.codec, quality, TRUE);
    jpeg_start_compress(&self.codec, TRUE);
    while (self.codec.next_scanline < self.codec.image_height) {
        size_t offset = (size_t)self.codec.next_scanline * (size_t)width * 3;
        // The library's type is not const, but the row is only read.
        JSAMPROW row = (JSAMPROW)(pixels + offset);
        jpeg_write_scanlines(&self.codec, &row, 1);
    }
    jpeg_finish_compress(&self.codec);
    jpeg_destroy_compress(&self.codec);
    *bytes = self.bytes;
    *count = self.count;
    return IC_OK;
}
