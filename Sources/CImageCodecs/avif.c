// AVIF by libavif: RGBA when the file has transparency, otherwise gray or RGB, eight bits a
// channel.

#include <stdbool.h>
#include <stdlib.h>

#include <avif/avif.h>

#include "failure.h"

// Whether a box of the file, one after the other, goes beyond its end.
static bool is_cut(const uint8_t *bytes, size_t count) {
    size_t position = 0;
    while (count - position >= 8) {
        const uint8_t *box = bytes + position;
        uint32_t size = (uint32_t)box[0] << 24 | (uint32_t)box[1] << 16 | (uint32_t)box[2] << 8
            | box[3];
        // The last box may leave its size out, and a size of 64 bits is looked at no further.
        if (size < 8) return false;
        if (size > count - position) return true;
        position += size;
    }
    return position < count;
}

static ic_status fail(const avifDecoder *decoder, avifResult result, ic_failure *failure) {
    const char *text = decoder && decoder->diag.error[0] ? decoder->diag.error
                                                         : avifResultToString(result);
    switch (result) {
        case AVIF_RESULT_TRUNCATED_DATA:
            return ic_fail(failure, IC_TRUNCATED, -1, "the file ends before the picture does");
        case AVIF_RESULT_OUT_OF_MEMORY:
            return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the decoder");
        case AVIF_RESULT_NO_CODEC_AVAILABLE:
        case AVIF_RESULT_NOT_IMPLEMENTED:
        case AVIF_RESULT_UNSUPPORTED_DEPTH: return ic_fail(failure, IC_UNSUPPORTED, -1, text);
        default: return ic_fail(failure, IC_CORRUPT, -1, text);
    }
}

// The orientation, in EXIF's numbers, that the container asks for: turned, then mirrored.
static int orientation(const avifImage *image) {
    bool mirrored = image->transformFlags & AVIF_TRANSFORM_IMIR;
    int turns = image->transformFlags & AVIF_TRANSFORM_IROT ? image->irot.angle & 3 : 0;
    // By quarter turns against the clock: alone, then with rows and with columns mirrored.
    static const int plain[] = {1, 8, 3, 6};
    static const int rows[] = {4, 5, 2, 7};
    static const int columns[] = {2, 7, 4, 5};
    if (!mirrored) return plain[turns];
#if AVIF_VERSION >= 1000000
    bool exchangesColumns = image->imir.axis;
#else
    bool exchangesColumns = image->imir.mode;
#endif
    return exchangesColumns ? columns[turns] : rows[turns];
}

// `decoder` is to be destroyed by the caller whatever comes back.
static ic_status parse(
    avifDecoder *decoder, const uint8_t *bytes, size_t count, ic_failure *failure) {
    if (!decoder) return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the decoder");
    decoder->maxThreads = 1;
    decoder->imageDimensionLimit = 0;
    // As Pillow: neither property changes the pixels, and older writers left them out.
    decoder->strictFlags &= ~(avifStrictFlags)(AVIF_STRICT_CLAP_VALID | AVIF_STRICT_PIXI_REQUIRED);
    avifResult result = avifDecoderSetIOMemory(decoder, bytes, count);
    if (result == AVIF_RESULT_OK) result = avifDecoderParse(decoder);
    if (result == AVIF_RESULT_BMFF_PARSE_FAILED && is_cut(bytes, count)) {
        result = AVIF_RESULT_TRUNCATED_DATA;
    }
    return result == AVIF_RESULT_OK ? IC_OK : fail(decoder, result, failure);
}

static void describe(const avifDecoder *decoder, ic_header *header) {
    header->width = decoder->image->width;
    header->height = decoder->image->height;
    bool isGray = decoder->image->yuvFormat == AVIF_PIXEL_FORMAT_YUV400;
    header->mode = decoder->alphaPresent ? IC_MODE_RGBA : isGray ? IC_MODE_GRAY : IC_MODE_RGB;
    header->orientation = orientation(decoder->image);
}

ic_status ic_avif_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    avifDecoder *decoder = avifDecoderCreate();
    ic_status status = parse(decoder, bytes, count, failure);
    if (status == IC_OK) describe(decoder, header);
    if (decoder) avifDecoderDestroy(decoder);
    return status;
}

static ic_status convert(
    const avifImage *image, avifRGBFormat format, uint8_t *pixels, ic_failure *failure) {
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, image);
    rgb.depth = 8;
    rgb.format = format;
    rgb.pixels = pixels;
    rgb.rowBytes = image->width * avifRGBImagePixelSize(&rgb);
    avifResult result = avifImageYUVToRGB(image, &rgb);
    return result == AVIF_RESULT_OK ? IC_OK : fail(NULL, result, failure);
}

// Luminance alone, through the three equal channels that libavif makes of it.
static ic_status convert_gray(const avifImage *image, uint8_t *pixels, ic_failure *failure) {
    size_t count = (size_t)image->width * image->height;
    uint8_t *rgb = malloc(3 * count);
    if (!rgb) return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the picture");
    ic_status status = convert(image, AVIF_RGB_FORMAT_RGB, rgb, failure);
    for (size_t i = 0; status == IC_OK && i < count; i++) pixels[i] = rgb[3 * i];
    free(rgb);
    return status;
}

// The picture with eight bits a sample, the lower ones cut off: that is how Pillow's libavif makes
// RGB of deeper pictures, where earlier ones round. Null when memory is exhausted.
static avifImage *make_bytes(const avifImage *image) {
    avifImage *made = avifImageCreate(image->width, image->height, 8, image->yuvFormat);
    if (!made) return NULL;
    made->yuvRange = image->yuvRange;
    made->matrixCoefficients = image->matrixCoefficients;
    made->colorPrimaries = image->colorPrimaries;
    avifImageAllocatePlanes(made, AVIF_PLANES_YUV);
    avifPixelFormatInfo format;
    avifGetPixelFormatInfo(image->yuvFormat, &format);
    for (int plane = 0; plane < (format.monochrome ? 1 : 3); plane++) {
        if (!made->yuvPlanes[plane] || !image->yuvPlanes[plane]) {
            avifImageDestroy(made);
            return NULL;
        }
        uint32_t width = image->width, height = image->height;
        if (plane > 0) {
            width = (width + (uint32_t)format.chromaShiftX) >> format.chromaShiftX;
            height = (height + (uint32_t)format.chromaShiftY) >> format.chromaShiftY;
        }
        for (uint32_t y = 0; y < height; y++) {
            const uint16_t *input =
                (const uint16_t *)(image->yuvPlanes[plane] + (size_t)y * image->yuvRowBytes[plane]);
            uint8_t *output = made->yuvPlanes[plane] + (size_t)y * made->yuvRowBytes[plane];
            for (uint32_t x = 0; x < width; x++) {
                output[x] = (uint8_t)(input[x] >> (image->depth - 8));
            }
        }
    }
    return made;
}

static ic_status read_pixels(
    avifDecoder *decoder, const ic_header *header, uint8_t *pixels, ic_failure *failure) {
    avifResult result = avifDecoderNextImage(decoder);
    if (result != AVIF_RESULT_OK) return fail(decoder, result, failure);
    ic_header found;
    describe(decoder, &found);
    if (found.width != header->width || found.height != header->height
        || found.mode != header->mode) {
        return ic_fail(failure, IC_CORRUPT, -1, "the picture has another size than its header");
    }
    if (header->mode == IC_MODE_RGBA) {
        return convert(decoder->image, AVIF_RGB_FORMAT_RGBA, pixels, failure);
    }
    if (header->mode == IC_MODE_GRAY) return convert_gray(decoder->image, pixels, failure);
    avifImage *bytes = NULL;
    if (decoder->image->depth > 8) {
        bytes = make_bytes(decoder->image);
        if (!bytes) return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the picture");
    }
    ic_status status =
        convert(bytes ? bytes : decoder->image, AVIF_RGB_FORMAT_RGB, pixels, failure);
    if (bytes) avifImageDestroy(bytes);
    return status;
}

ic_status ic_avif_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    ic_failure *failure) {
    avifDecoder *decoder = avifDecoderCreate();
    // A frame larger than its container says finds no memory.
    if (decoder) {
        int64_t size = header->width * header->height;
        if (size < AVIF_DEFAULT_IMAGE_SIZE_LIMIT) decoder->imageSizeLimit = (uint32_t)size;
    }
    ic_status status = parse(decoder, bytes, count, failure);
    if (status == IC_OK) status = read_pixels(decoder, header, pixels, failure);
    if (decoder) avifDecoderDestroy(decoder);
    return status;
}
