// JPEG 2000 by OpenJPEG: a JP2 file or a bare codestream.
//
// The header is read here, so that nothing is allocated for what the limits refuse; OpenJPEG makes
// tables for every tile and component when it opens a file.

#include <stdbool.h>
#include <string.h>

#include <openjpeg.h>

#include "failure.h"

enum {
    size_segment = 36,  // SIZ without its components
    most_components = 4,
    cmyk_space = 12,
    stream_buffer = 1 << 16,
};

static const uint8_t codestream_start[] = {0xff, 0x4f, 0xff, 0x51};

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    bool truncated;  // more was asked for than there is
    char message[200];
} source;

static uint32_t number(const uint8_t *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

// A box of a JP2 file: where its content begins and ends.
typedef struct {
    char type[4];
    size_t start;
    size_t end;
} box;

static bool read_box(const uint8_t *bytes, size_t position, size_t end, box *found) {
    if (end - position < 8) return false;
    uint64_t length = number(bytes + position, 4);
    memcpy(found->type, bytes + position + 4, 4);
    found->start = position + 8;
    if (length == 1) {
        if (end - position < 16) return false;
        length = (uint64_t)number(bytes + position + 8, 4) << 32 | number(bytes + position + 12, 4);
        found->start += 8;
    }
    // The last box may leave its length out, and a cut file has a box that is not whole.
    uint64_t left = end - position;
    found->end = length == 0 || length > left ? end : position + (size_t)length;
    return found->end >= found->start;
}

// What the boxes around a codestream say of its colours.
typedef struct {
    bool isCMYK;
    int palette_channels;
} colors;

static void read_colors(const uint8_t *bytes, size_t position, size_t end, colors *found) {
    box inner;
    for (; read_box(bytes, position, end, &inner); position = inner.end) {
        size_t size = inner.end - inner.start;
        const uint8_t *content = bytes + inner.start;
        if (!memcmp(inner.type, "colr", 4) && size >= 7 && content[0] == 1) {
            found->isCMYK = number(content + 3, 4) == cmyk_space;
        } else if (!memcmp(inner.type, "pclr", 4) && size >= 3) {
            found->palette_channels = content[2];
        }
        if (inner.end == end) break;
    }
}

// Where the codestream begins; -1 if there is none.
static int64_t find_codestream(const uint8_t *bytes, size_t count, colors *found) {
    if (count >= 4 && !memcmp(bytes, codestream_start, 4)) return 0;
    box outer;
    for (size_t position = 0; read_box(bytes, position, count, &outer); position = outer.end) {
        if (!memcmp(outer.type, "jp2h", 4)) read_colors(bytes, outer.start, outer.end, found);
        if (!memcmp(outer.type, "jp2c", 4)) return (int64_t)outer.start;
        if (outer.end == count) break;
    }
    return -1;
}

static ic_status find_mode(
    int components, int depth, const colors *space, ic_header *header, ic_failure *failure) {
    switch (components) {
        case 1: header->mode = depth > 8 ? IC_MODE_GRAY16 : IC_MODE_GRAY; return IC_OK;
        case 2: header->mode = IC_MODE_GRAY_ALPHA; return IC_OK;
        case 3: header->mode = IC_MODE_RGB; return IC_OK;
        case 4: header->mode = space->isCMYK ? IC_MODE_CMYK : IC_MODE_RGBA; return IC_OK;
        default:
            return ic_fail(failure, IC_UNSUPPORTED, -1, "a number of components other than 1 to 4");
    }
}

ic_status ic_jpeg2000_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    colors space = {false, 0};
    int64_t start = find_codestream(bytes, count, &space);
    if (start < 0 || count - (size_t)start < 6 + size_segment) {
        return ic_fail(failure, IC_TRUNCATED, (int64_t)count, "the file ends in the header");
    }
    const uint8_t *segment = bytes + start + 4;
    if (memcmp(bytes + start, codestream_start, 4) || number(segment, 2) < size_segment + 2) {
        return ic_fail(failure, IC_CORRUPT, start, "the codestream does not begin with its size");
    }
    int64_t right = number(segment + 4, 4), bottom = number(segment + 8, 4);
    int64_t left = number(segment + 12, 4), top = number(segment + 16, 4);
    int64_t tileWidth = number(segment + 20, 4), tileHeight = number(segment + 24, 4);
    int64_t tileLeft = number(segment + 28, 4), tileTop = number(segment + 32, 4);
    int components = (int)number(segment + 36, 2);
    header->width = right - left;
    header->height = bottom - top;
    if (header->width < 1 || header->height < 1 || tileWidth < 1 || tileHeight < 1
        || tileLeft > left || tileTop > top) {
        return ic_fail(failure, IC_CORRUPT, start + 4, "a picture or tiles without pixels");
    }
    if (components < 1 || components > most_components
        || count - (size_t)start < 6 + size_segment + 3 * (size_t)components) {
        return ic_fail(
            failure, IC_UNSUPPORTED, start + 40, "a number of components other than 1 to 4");
    }
    int64_t tiles = ((right - tileLeft + tileWidth - 1) / tileWidth)
        * ((bottom - tileTop + tileHeight - 1) / tileHeight);
    // Each tile costs tables, so they have to be worth it.
    if (tiles > 64 + header->width / 16 * (header->height / 16)) {
        return ic_fail(failure, IC_UNSUPPORTED, start + 24, "tiles of fewer than 256 pixels");
    }
    int depth = (segment[38] & 0x7f) + 1;
    if (space.palette_channels && components <= 2) {
        components = space.palette_channels;
        depth = 8;
    }
    return find_mode(components, depth, &space, header, failure);
}

static OPJ_SIZE_T read_bytes(void *output, OPJ_SIZE_T wanted, void *handle) {
    source *self = handle;
    size_t left = self->count - self->position;
    if (left == 0) {
        self->truncated = true;
        return (OPJ_SIZE_T)-1;
    }
    size_t taken = wanted < left ? wanted : left;
    memcpy(output, self->bytes + self->position, taken);
    self->position += taken;
    return taken;
}

static OPJ_OFF_T skip_bytes(OPJ_OFF_T wanted, void *handle) {
    source *self = handle;
    if (wanted < 0) return -1;
    size_t left = self->count - self->position;
    if ((uint64_t)wanted > left) {
        self->truncated = true;
        self->position = self->count;
        return left ? (OPJ_OFF_T)left : -1;
    }
    self->position += (size_t)wanted;
    return wanted;
}

static OPJ_BOOL seek_bytes(OPJ_OFF_T place, void *handle) {
    source *self = handle;
    if (place < 0 || (uint64_t)place > self->count) {
        self->truncated = true;
        return OPJ_FALSE;
    }
    self->position = (size_t)place;
    return OPJ_TRUE;
}

static void take_error(const char *message, void *handle) {
    source *self = handle;
    if (self->message[0]) return;
    size_t length = strcspn(message, "\n");
    if (length >= sizeof self->message) length = sizeof self->message - 1;
    memcpy(self->message, message, length);
}

static void ignore_message(const char *message, void *handle) {
    (void)message;
    (void)handle;
}

static ic_status fail(const source *self, ic_failure *failure) {
    if (self->truncated || strstr(self->message, "truncated")
        || strstr(self->message, "inconsistent with stream length")) {
        return ic_fail(
            failure, IC_TRUNCATED, (int64_t)self->count, "the file ends before the picture does");
    }
    return ic_fail(
        failure, IC_CORRUPT, (int64_t)self->position,
        self->message[0] ? self->message : "invalid JPEG 2000 data");
}

// A sample as Pillow scales it: shifted to 8 or 16 bits, rounded where bits are lost.
static unsigned scaled(const opj_image_comp_t *part, size_t place, int bits) {
    int64_t value = part->data[place];
    if (part->sgnd) value += (int64_t)1 << (part->prec - 1);
    int shift = bits - (int)part->prec;
    if (shift < 0) {
        value = (value + ((int64_t)1 << (-shift - 1))) >> -shift;
    } else {
        value <<= shift;
    }
    int64_t highest = ((int64_t)1 << bits) - 1;
    return (unsigned)(value < 0 ? 0 : value > highest ? highest : value);
}

// Luminance and chroma to RGB (JFIF), in place.
static void convert(uint8_t *pixel) {
    int y = pixel[0] << 16, blue = pixel[1] - 128, red = pixel[2] - 128;
    int rgb[] = {y + 91881 * red, y - 22554 * blue - 46802 * red, y + 116130 * blue};
    for (int c = 0; c < 3; c++) {
        int value = (rgb[c] + 32768) >> 16;
        pixel[c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

static ic_status write_pixels(
    const opj_image_t *image, const ic_header *header, int channels, uint8_t *pixels,
    ic_failure *failure) {
    if ((int)image->numcomps < channels) {
        return ic_fail(failure, IC_CORRUPT, -1, "a component is missing");
    }
    for (int c = 0; c < channels; c++) {
        const opj_image_comp_t *part = &image->comps[c];
        if (!part->data || part->prec < 1 || part->prec > 31 || part->w < 1 || part->h < 1
            || part->dx < 1 || part->dy < 1) {
            return ic_fail(failure, IC_CORRUPT, -1, "a component without pixels");
        }
    }
    bool isWide = header->mode == IC_MODE_GRAY16;
    bool hasChroma = image->color_space == OPJ_CLRSPC_SYCC && channels >= 3;
    for (int64_t y = 0; y < header->height; y++) {
        for (int64_t x = 0; x < header->width; x++) {
            for (int c = 0; c < channels; c++) {
                // Thinner components are repeated.
                const opj_image_comp_t *part = &image->comps[c];
                int64_t column = x / part->dx < part->w ? x / part->dx : part->w - 1;
                int64_t line = y / part->dy < part->h ? y / part->dy : part->h - 1;
                unsigned value = scaled(
                    part, (size_t)line * part->w + (size_t)column, isWide ? 16 : 8);
                *pixels++ = (uint8_t)value;
                if (isWide) *pixels++ = (uint8_t)(value >> 8);
            }
            if (hasChroma) convert(pixels - channels);
        }
    }
    return IC_OK;
}

static opj_stream_t *make_stream(source *input) {
    opj_stream_t *stream = opj_stream_create(stream_buffer, OPJ_TRUE);
    if (!stream) return NULL;
    opj_stream_set_user_data(stream, input, NULL);
    opj_stream_set_user_data_length(stream, input->count);
    opj_stream_set_read_function(stream, read_bytes);
    opj_stream_set_skip_function(stream, skip_bytes);
    opj_stream_set_seek_function(stream, seek_bytes);
    return stream;
}

ic_status ic_jpeg2000_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure) {
    static const int channels[] = {
        [IC_MODE_GRAY] = 1, [IC_MODE_GRAY16] = 1, [IC_MODE_GRAY_ALPHA] = 2, [IC_MODE_RGB] = 3,
        [IC_MODE_RGBA] = 4, [IC_MODE_CMYK] = 4,
    };
    source input = {.bytes = bytes, .count = count};
    bool isBare = count >= 4 && !memcmp(bytes, codestream_start, 4);
    opj_stream_t *stream = make_stream(&input);
    opj_codec_t *codec = opj_create_decompress(isBare ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
    opj_image_t *image = NULL;
    ic_status status = IC_OK;
    if (!stream || !codec) {
        status = ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the decoder");
    } else {
        opj_dparameters_t parameters;
        opj_set_default_decoder_parameters(&parameters);
        opj_set_error_handler(codec, take_error, &input);
        opj_set_warning_handler(codec, ignore_message, &input);
        opj_set_info_handler(codec, ignore_message, &input);
        if (!opj_setup_decoder(codec, &parameters) || !opj_read_header(stream, codec, &image)) {
            status = fail(&input, failure);
        } else if (
            (int64_t)image->x1 - image->x0 != header->width
            || (int64_t)image->y1 - image->y0 != header->height) {
            status = ic_fail(failure, IC_CORRUPT, -1, "the header changed while reading");
        } else if (
            !opj_decode(codec, stream, image) || !opj_end_decompress(codec, stream)) {
            status = fail(&input, failure);
        } else {
            status = write_pixels(image, header, channels[header->mode], pixels, failure);
        }
    }
    if (image) opj_image_destroy(image);
    if (codec) opj_destroy_codec(codec);
    if (stream) opj_stream_destroy(stream);
    return status;
}
