#include "tiff_samples.h"

#include "failure.h"

enum {
    corel_draw_alpha = 999,
    most_extras = 3,
};

static ic_status refuse(ic_failure *failure, const char *what, int number) {
    char message[120];
    snprintf(message, sizeof message, "%s %d", what, number);
    return ic_fail(failure, IC_UNSUPPORTED, -1, message);
}

// The mode of `colors` colour samples and an opacity, by depth.
static ic_status find_mode(
    tiff_layout *layout, int photometric, bool hasAlpha, ic_failure *failure) {
    bool isByte = layout->bits == 8;
    bool isWord = layout->bits == 16;
    switch (photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
            layout->isInverted = photometric == PHOTOMETRIC_MINISWHITE && layout->bits < 12;
            if (layout->bits == 1) {
                layout->mode = IC_MODE_BILEVEL;
            } else if (layout->bits >= 12) {
                layout->mode = IC_MODE_GRAY16;
            } else {
                layout->mode = hasAlpha ? IC_MODE_GRAY_ALPHA : IC_MODE_GRAY;
            }
            return IC_OK;
        case PHOTOMETRIC_PALETTE:
            layout->mode = IC_MODE_PALETTE;
            return layout->bits <= 8 ? IC_OK : refuse(failure, "a palette of bits", layout->bits);
        case PHOTOMETRIC_RGB:
            layout->mode = hasAlpha ? IC_MODE_RGBA : IC_MODE_RGB;
            break;
        case PHOTOMETRIC_SEPARATED: layout->mode = IC_MODE_CMYK; break;
        default: return refuse(failure, "a photometric interpretation of", photometric);
    }
    return isByte || isWord ? IC_OK : refuse(failure, "colours of bits", layout->bits);
}

ic_status tiff_find_layout(TIFF *tiff, tiff_layout *layout, ic_failure *failure) {
    uint16_t bits = 1, samples = 1, planar = PLANARCONFIG_CONTIG, format = SAMPLEFORMAT_UINT;
    uint16_t photometric = PHOTOMETRIC_MINISWHITE, compression = COMPRESSION_NONE;
    uint16_t extraCount = 0;
    uint16_t *extras = NULL;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extraCount, &extras);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    *layout = (tiff_layout){.bits = bits, .samples = samples};
    layout->isJPEG = compression == COMPRESSION_JPEG;
    // One plane is the same however it is called.
    layout->isPlanar = planar == PLANARCONFIG_SEPARATE && samples > 1;

    if (compression == COMPRESSION_OJPEG
        || (photometric == PHOTOMETRIC_YCBCR && samples > 1)) {
        layout->mode = IC_MODE_RGB;
        if (compression == COMPRESSION_JPEG && planar == PLANARCONFIG_CONTIG) {
            // libjpeg converts.
            TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
            return samples == 3 && bits == 8 ? IC_OK : refuse(failure, "JPEG with samples", samples);
        }
        layout->isConverted = true;
        return IC_OK;
    }
    if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) {
        return refuse(failure, "numbers that are not unsigned, sample format", format);
    }
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 12 && bits != 16) {
        return refuse(failure, "bits a sample:", bits);
    }
    if (photometric == PHOTOMETRIC_YCBCR) photometric = PHOTOMETRIC_MINISBLACK;
    int colors = photometric == PHOTOMETRIC_RGB ? 3 : photometric == PHOTOMETRIC_SEPARATED ? 4 : 1;
    if (samples < colors || samples > colors + most_extras || (samples > 1 && bits < 8) || (colors == 1 && samples > 1 && bits > 8)) {
        return refuse(failure, "samples a pixel that do not fit its colours:", samples);
    }
    bool hasAlpha = false;
    if (samples > colors) {
        // A fourth channel that is not explained is opacity.
        uint16_t first = extraCount && extras ? extras[0] : EXTRASAMPLE_UNASSALPHA;
        hasAlpha = first == EXTRASAMPLE_ASSOCALPHA || first == EXTRASAMPLE_UNASSALPHA
            || first == corel_draw_alpha;
        layout->isMultiplied = first == EXTRASAMPLE_ASSOCALPHA;
    }
    return find_mode(layout, photometric, hasAlpha, failure);
}

int tiff_bytes_per_pixel(ic_mode mode) {
    switch (mode) {
        case IC_MODE_GRAY16:
        case IC_MODE_GRAY_ALPHA: return 2;
        case IC_MODE_RGB: return 3;
        case IC_MODE_RGBA:
        case IC_MODE_CMYK: return 4;
        default: return 1;
    }
}

// Samples of fewer than 8 bits, the first in the highest ones.
static void unpack_bits(
    const tiff_layout *layout, const uint8_t *row, uint32_t count, uint8_t *pixels) {
    unsigned bits = (unsigned)layout->bits;
    unsigned perByte = 8 / bits;
    unsigned highest = (1u << bits) - 1;
    unsigned scale = layout->mode == IC_MODE_PALETTE ? 1 : 255 / highest;
    unsigned flip = layout->isInverted ? highest : 0;
    for (uint32_t x = 0; x < count; x++) {
        unsigned value = row[x / perByte] >> (8 - bits - bits * (x % perByte)) & highest;
        pixels[x] = (uint8_t)((value ^ flip) * scale);
    }
}

static void unpack_twelve(const uint8_t *row, uint32_t count, uint8_t *pixels) {
    for (uint32_t x = 0; x < count; x++) {
        const uint8_t *place = row + x / 2 * 3;
        unsigned value = x % 2 ? (place[1] & 15u) << 8 | place[2] : place[0] << 4 | place[1] >> 4;
        pixels[2 * x] = (uint8_t)value;
        pixels[2 * x + 1] = (uint8_t)(value >> 8);
    }
}

static uint16_t word(const uint8_t *bytes) {
    uint16_t value;
    __builtin_memcpy(&value, bytes, sizeof value);  // in the machine's order, as libtiff leaves it
    return value;
}

// Colour over opacity, both of which may have 16 bits; the result is a colour's high byte.
static uint8_t divided(unsigned color, unsigned alpha) {
    if (alpha == 0 || alpha == 255) return alpha ? (uint8_t)color : 0;
    unsigned value = 255 * color / alpha;
    return (uint8_t)(value > 255 ? 255 : value);
}

void tiff_unpack(
    const tiff_layout *layout, const uint8_t *row, size_t plane_bytes, uint32_t count,
    uint8_t *pixels) {
    if (layout->bits < 8) {
        unpack_bits(layout, row, count, pixels);
        return;
    }
    if (layout->bits == 12) {
        unpack_twelve(row, count, pixels);
        return;
    }
    size_t size = (size_t)layout->bits / 8;
    size_t pixelStep = layout->isPlanar ? size : size * (size_t)layout->samples;
    size_t sampleStep = layout->isPlanar ? plane_bytes : size;
    if (layout->mode == IC_MODE_GRAY16) {
        for (uint32_t x = 0; x < count; x++) {
            uint16_t value = word(row + x * pixelStep);
            pixels[2 * x] = (uint8_t)value;
            pixels[2 * x + 1] = (uint8_t)(value >> 8);
        }
        return;
    }
    int channels = tiff_bytes_per_pixel(layout->mode);
    uint8_t flip = layout->isInverted ? 255 : 0;
    for (uint32_t x = 0; x < count; x++) {
        const uint8_t *place = row + x * pixelStep;
        uint8_t *pixel = pixels + x * (size_t)channels;
        for (int c = 0; c < channels; c++, place += sampleStep) {
            // Of 16 bits the high byte, not the nearest: that is what Pillow takes.
            pixel[c] = (uint8_t)((size == 2 ? word(place) >> 8 : *place) ^ flip);
        }
        if (layout->isMultiplied) {
            for (int c = 0; c < channels - 1; c++) {
                pixel[c] = divided(pixel[c], pixel[channels - 1]);
            }
        }
    }
}
