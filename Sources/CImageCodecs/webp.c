// WebP by libwebp: RGBA when the file says that it has transparency, otherwise RGB.

#include <stdbool.h>
#include <string.h>

#include <webp/decode.h>

#include "failure.h"

enum {
    riff_header = 12,
    chunk_header = 8,
    frame_header = 16,
};

static ic_status take_status(VP8StatusCode status, ic_failure *failure) {
    switch (status) {
        case VP8_STATUS_OK: return IC_OK;
        case VP8_STATUS_OUT_OF_MEMORY:
            return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the decoder");
        case VP8_STATUS_SUSPENDED:
        case VP8_STATUS_NOT_ENOUGH_DATA:
            return ic_fail(failure, IC_TRUNCATED, -1, "the file ends before the picture does");
        case VP8_STATUS_UNSUPPORTED_FEATURE:
            return ic_fail(failure, IC_UNSUPPORTED, -1, "a feature that libwebp does not read");
        default: return ic_fail(failure, IC_CORRUPT, -1, "invalid WebP data");
    }
}

ic_status ic_webp_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    WebPBitstreamFeatures features;
    ic_status status = take_status(WebPGetFeatures(bytes, count, &features), failure);
    if (status != IC_OK) return status;
    header->width = features.width;
    header->height = features.height;
    header->mode = features.has_alpha ? IC_MODE_RGBA : IC_MODE_RGB;
    return IC_OK;
}

static uint32_t little_endian(const uint8_t *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++) value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

// A part of the file and the place of its picture on the canvas.
typedef struct {
    const uint8_t *bytes;
    size_t count;
    int64_t x, y, width, height;
} frame;

// The first frame of an animation; false if there is none that is whole.
static bool find_first_frame(const uint8_t *bytes, size_t count, frame *found) {
    size_t position = riff_header;
    while (count >= chunk_header && position <= count - chunk_header) {
        const uint8_t *chunk = bytes + position;
        size_t size = little_endian(chunk + 4, 4);
        size_t left = count - position - chunk_header;
        if (size > left) return false;
        if (!memcmp(chunk, "ANMF", 4)) {
            if (size < frame_header) return false;
            const uint8_t *place = chunk + chunk_header;
            found->x = 2 * (int64_t)little_endian(place, 3);
            found->y = 2 * (int64_t)little_endian(place + 3, 3);
            found->width = 1 + (int64_t)little_endian(place + 6, 3);
            found->height = 1 + (int64_t)little_endian(place + 9, 3);
            found->bytes = place + frame_header;
            found->count = size - frame_header;
            return true;
        }
        position += chunk_header + size + (size & 1);
    }
    return false;
}

ic_status ic_webp_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return ic_fail(failure, IC_UNSUPPORTED, -1, "libwebp has another version than its header");
    }
    bool alpha = header->mode == IC_MODE_RGBA;
    size_t channels = alpha ? 4 : 3;
    size_t stride = (size_t)header->width * channels;
    size_t size = stride * (size_t)header->height;
    frame part = {bytes, count, 0, 0, header->width, header->height};

    ic_status status = take_status(WebPGetFeatures(bytes, count, &config.input), failure);
    if (status != IC_OK) return status;
    if (config.input.has_animation) {
        if (!find_first_frame(bytes, count, &part)) {
            return ic_fail(failure, IC_TRUNCATED, -1, "the first frame is missing or not whole");
        }
        if (part.x + part.width > header->width || part.y + part.height > header->height) {
            return ic_fail(
                failure, IC_CORRUPT, part.bytes - bytes, "the first frame leaves the canvas");
        }
        memset(pixels, 0, size);
        status = take_status(WebPGetFeatures(part.bytes, part.count, &config.input), failure);
        if (status != IC_OK) return status;
    }
    if (config.input.width != part.width || config.input.height != part.height) {
        return ic_fail(failure, IC_CORRUPT, -1, "the picture has another size than its header");
    }
    size_t corner = (size_t)part.y * stride + (size_t)part.x * channels;
    config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels + corner;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = size - corner;
    status = take_status(WebPDecode(part.bytes, part.count, &config), failure);
    WebPFreeDecBuffer(&config.output);
    return status;
}
