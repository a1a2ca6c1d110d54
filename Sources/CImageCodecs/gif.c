// The first frame of a GIF by giflib: a palette picture, or gray where the palette is a gray ramp.

#include <stdbool.h>
#include <string.h>

#include <gif_lib.h>

#include "failure.h"

enum {
    graphic_control = 0xf9,
    transparency_flag = 1,
    transparency_place = 4,  // in the block, whose first byte is its length
};

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    bool truncated;  // more was asked for than there is
} source;

// What stands before the pixels of the first frame.
typedef struct {
    GifFileType *gif;
    source input;
    int background;
} reader;

static int read_bytes(GifFileType *gif, GifByteType *output, int wanted) {
    source *input = gif->UserData;
    size_t left = input->count - input->position;
    size_t taken = (size_t)wanted < left ? (size_t)wanted : left;
    memcpy(output, input->bytes + input->position, taken);
    input->position += taken;
    if (taken < (size_t)wanted) input->truncated = true;
    return (int)taken;
}

static ic_status fail(const reader *self, int code, ic_failure *failure) {
    int64_t offset = (int64_t)self->input.position;
    if (self->input.truncated) {
        return ic_fail(failure, IC_TRUNCATED, offset, "the file ends before the first frame does");
    }
    switch (code) {
        case D_GIF_ERR_NOT_ENOUGH_MEM:
            return ic_fail(failure, IC_OUT_OF_MEMORY, -1, "no memory for the decoder");
        default: {
            const char *message = GifErrorString(code);
            return ic_fail(failure, IC_CORRUPT, offset, message ? message : "invalid GIF data");
        }
    }
}

static bool is_gray_ramp(const ColorMapObject *map) {
    for (int i = 0; i < map->ColorCount; i++) {
        GifColorType color = map->Colors[i];
        if (color.Red != i || color.Green != i || color.Blue != i) return false;
    }
    return true;
}

// The frame's own palette, or the file's; null where the picture is gray.
static const ColorMapObject *palette_of(const GifFileType *gif) {
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    return map && !is_gray_ramp(map) ? map : NULL;
}

static ic_status read_extension(reader *self, ic_failure *failure) {
    int code = 0;
    GifByteType *block = NULL;
    if (DGifGetExtension(self->gif, &code, &block) == GIF_ERROR) {
        return fail(self, self->gif->Error, failure);
    }
    while (block) {
        if (code == graphic_control && block[0] >= transparency_place
            && (block[1] & transparency_flag)) {
            self->background = block[transparency_place];
        }
        if (DGifGetExtensionNext(self->gif, &block) == GIF_ERROR) {
            return fail(self, self->gif->Error, failure);
        }
    }
    return IC_OK;
}

// Opens the file and goes to the pixels of its first frame. What was opened is to be closed.
static ic_status open_reader(
    reader *self, const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    self->input = (source){bytes, count, 0, false};
    self->background = 0;
    int code = 0;
    self->gif = DGifOpen(&self->input, read_bytes, &code);
    if (!self->gif) return fail(self, code, failure);
    for (;;) {
        GifRecordType type = UNDEFINED_RECORD_TYPE;
        if (DGifGetRecordType(self->gif, &type) == GIF_ERROR) {
            return fail(self, self->gif->Error, failure);
        }
        if (type == EXTENSION_RECORD_TYPE) {
            ic_status status = read_extension(self, failure);
            if (status != IC_OK) return status;
        } else if (type == IMAGE_DESC_RECORD_TYPE) {
            break;
        } else {
            return ic_fail(
                failure, IC_CORRUPT, (int64_t)self->input.position, "no frame in the file");
        }
    }
    if (DGifGetImageDesc(self->gif) == GIF_ERROR) return fail(self, self->gif->Error, failure);
    const GifImageDesc *frame = &self->gif->Image;
    if (frame->Width < 1 || frame->Height < 1) {
        return ic_fail(
            failure, IC_CORRUPT, (int64_t)self->input.position, "the first frame has no pixels");
    }
    // A frame that leaves the screen widens it.
    int64_t right = (int64_t)frame->Left + frame->Width;
    int64_t bottom = (int64_t)frame->Top + frame->Height;
    header->width = right > self->gif->SWidth ? right : self->gif->SWidth;
    header->height = bottom > self->gif->SHeight ? bottom : self->gif->SHeight;
    header->mode = palette_of(self->gif) ? IC_MODE_PALETTE : IC_MODE_GRAY;
    return IC_OK;
}

static void close_reader(reader *self) {
    int code = 0;
    if (self->gif) DGifCloseFile(self->gif, &code);
}

static ic_status read_rows(
    reader *self, const ic_header *header, uint8_t *pixels, ic_failure *failure) {
    static const int starts[] = {0, 4, 2, 1};
    static const int steps[] = {8, 8, 4, 2};
    const GifImageDesc *frame = &self->gif->Image;
    uint8_t *corner = pixels + (size_t)frame->Top * (size_t)header->width + frame->Left;
    int passes = frame->Interlace ? 4 : 1;
    for (int pass = 0; pass < passes; pass++) {
        int start = frame->Interlace ? starts[pass] : 0;
        int step = frame->Interlace ? steps[pass] : 1;
        for (int y = start; y < frame->Height; y += step) {
            uint8_t *row = corner + (size_t)y * (size_t)header->width;
            if (DGifGetLine(self->gif, row, frame->Width) == GIF_ERROR) {
                return fail(self, self->gif->Error, failure);
            }
        }
    }
    return IC_OK;
}

ic_status ic_gif_read_header(
    const uint8_t *bytes, size_t count, ic_header *header, ic_failure *failure) {
    reader self;
    ic_status status = open_reader(&self, bytes, count, header, failure);
    close_reader(&self);
    return status;
}

ic_status ic_gif_decode(
    const uint8_t *bytes, size_t count, const ic_header *header, uint8_t *pixels,
    uint8_t *palette, ic_failure *failure) {
    reader self;
    ic_header found;
    ic_status status = open_reader(&self, bytes, count, &found, failure);
    if (status == IC_OK) {
        const ColorMapObject *map = palette_of(self.gif);
        if (map) {
            memset(palette, 0, 3 * 256);
            for (int i = 0; i < map->ColorCount && i < 256; i++) {
                palette[3 * i] = map->Colors[i].Red;
                palette[3 * i + 1] = map->Colors[i].Green;
                palette[3 * i + 2] = map->Colors[i].Blue;
            }
        }
        memset(pixels, self.background, (size_t)header->width * (size_t)header->height);
        status = read_rows(&self, header, pixels, failure);
    }
    close_reader(&self);
    return status;
}
