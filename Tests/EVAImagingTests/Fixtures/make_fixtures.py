"""Writes the fixtures of EVAImagingTests: what Pillow makes of each picture.

    python make_fixtures.py PHOTOGRAPHS GOLDENS OUTPUT

PHOTOGRAPHS holds the pictures and decoded.json (sha256 of Pillow's RGB bytes), GOLDENS one
safetensors file a picture with open_clip's evaluation tensor at 224 pixels. Needs Pillow, numpy,
safetensors and tifffile, and the programs avifenc and opj_compress. In OUTPUT:

    photographs/*     the pictures
    variants/*        small pictures, one for each way of storing pixels
    evaluation/*.rgb  open_clip's 224 x 224 squares as bytes, before they were normalised
    expected.json     64-bit FNV-1a hashes of RGB bytes, sizes, modes, boxes, sampled floats
"""

import hashlib
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import PIL
import tifffile
from PIL import Image, ImageOps
from safetensors.numpy import load_file

MEAN = np.array((0.48145466, 0.4578275, 0.40821073), np.float32)
STD = np.array((0.26862954, 0.26130258, 0.27577711), np.float32)
FILTERS = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}
SMALL = 37


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def rgb(image):
    return np.asarray(image.convert("RGB")).tobytes()


# Transforms as torchvision and open_clip do them on Pillow.


def resize(image, width, height, method):
    return image if image.size == (width, height) else image.resize((width, height), method)


def shortest(image, size, method):
    w, h = image.size
    long = int(size * max(w, h) / min(w, h))
    image = resize(image, size if w <= h else long, long if w <= h else size, method)
    w, h = image.size
    top, left = int(round((h - size) / 2)), int(round((w - size) / 2))
    return image.crop((left, top, left + size, top + size))


def squash(image, size, method):
    return resize(image, size, size, method)


def longest(image, size, method):
    w, h = image.size
    ratio = max(w / size, h / size)
    image = resize(image, max(1, round(w / ratio)), max(1, round(h / ratio)), method)
    canvas = Image.new(image.mode, (size, size))
    if image.mode == "P":
        canvas.putpalette(image.getpalette())
    canvas.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
    return canvas


TRANSFORMS = {"shortest": shortest, "squash": squash, "longest": longest}


class Words:
    """The draws of the Swift side from a list of 64-bit words."""

    def __init__(self, words):
        self.words = iter(words)

    def uniform(self, low, high):
        return low + (high - low) * ((next(self.words) >> 11) * 2.0**-53)

    def integer(self, bound):
        return next(self.words) * (bound + 1) >> 64


def crop_box(w, h, draws, scale=(0.9, 1.0), ratio=(3 / 4, 4 / 3)):
    for _ in range(10):
        area = w * h * draws.uniform(*scale)
        aspect = math.exp(draws.uniform(math.log(ratio[0]), math.log(ratio[1])))
        cw, ch = int(round(math.sqrt(area * aspect))), int(round(math.sqrt(area / aspect)))
        if 0 < cw <= w and 0 < ch <= h:
            return draws.integer(w - cw), draws.integer(h - ch), cw, ch
    cw, ch = w, h
    if w / h < ratio[0]:
        ch = int(round(w / ratio[0]))
    elif w / h > ratio[1]:
        cw = int(round(h * ratio[1]))
    return (w - cw) // 2, (h - ch) // 2, cw, ch


# Files that Pillow does not write.


def png(w, h, depth, color, raw, palette=None, transparency=None, interlaced=0):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))

    out = b"\x89PNG\r\n\x1a\n"
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlaced))
    if palette is not None:
        out += chunk(b"PLTE", palette)
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    return out + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def packed(row, depth, multiple=8):
    bits = "".join(format(int(v), f"0{depth}b") for v in row.reshape(-1))
    bits += "0" * (-len(bits) % multiple)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def png_rows(a, depth, interlaced):
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                  (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [a[y::dy, x::dx] for x, y, dx, dy in passes]
    return b"".join(b"\0" + packed(row, depth) for part in parts if part.size for row in part)


def bmp(w, h, bits, compression, data, palette=b"", masks=b"", colors=0, size=40, flip=False,
        offset=None):
    header = struct.pack("<IiiHHIIiiII", size, w, -h if flip else h, 1, bits, compression,
                         len(data), 2835, 2835, colors, 0) + masks
    start = 14 + len(header) + len(palette)
    return (b"BM" + struct.pack("<IHHI", start + len(data), 0, 0,
                                start if offset is None else offset) + header + palette + data)


def run_lengths(a, nibbles):
    """Alternates runs and literal pixels, whatever the picture."""
    out = b""
    for row in a[::-1]:
        row = [int(v) for v in row]
        x = 0
        while x < len(row):
            rest = len(row) - x
            if rest >= 5 and x % 3 == 0:
                part = row[x:x + 5]
                if nibbles:
                    out += bytes([0, 5, part[0] << 4 | part[1], part[2] << 4 | part[3],
                                  part[4] << 4, 0])
                else:
                    out += bytes([0, 5] + part + [0])
                x += 5
            else:
                n = min(rest, 2)
                out += bytes([n, row[x] << 4 | row[x + 1] if nibbles and n == 2 else
                              row[x] << 4 if nibbles else row[x]])
                if not nibbles:
                    row[x:x + n] = [row[x]] * n
                x += n
        out += b"\0\0"
    return out + b"\0\1"


def write_variants(folder, photographs):
    noise = np.random.default_rng(7)
    photo = Image.open(f"{photographs}/chelsea.png").convert("RGB")
    image = photo.crop((100, 60, 320, 240)).resize((59, 47), Image.LANCZOS)
    gray = np.asarray(image.convert("L")).astype(int)
    color = np.asarray(image).astype(int)
    h, w = gray.shape
    alpha = np.add.outer(np.arange(h) * 11, np.arange(w) * 7) % 256
    clear = Image.fromarray(np.dstack([color, alpha]).astype(np.uint8), "RGBA")

    def save(picture, name, **options):
        picture.save(f"{folder}/{name}", **options)

    def put(name, data):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)

    for sampling in (0, 1, 2):
        save(image, f"jpeg_sampling{sampling}.jpg", quality=80, subsampling=sampling)
    save(image, "jpeg_progressive.jpg", progressive=True)
    save(image.convert("L"), "jpeg_gray.jpg")
    save(image.convert("CMYK"), "jpeg_cmyk.jpg", quality=90)
    save(image, "jpeg_stored_rgb.jpg", keep_rgb=True)
    save(image, "jpeg_restart.jpg", restart_marker_blocks=2)
    for size in ((1, 1), (2, 3), (17, 33)):
        save(photo.crop((90, 90, 90 + size[0], 90 + size[1])), "jpeg_%dx%d.jpg" % size)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(image, f"jpeg_exif{orientation}.jpg", exif=exif, quality=60)
    exif[0x0112] = 3
    save(image, "png_exif3.png", exif=exif)
    save(image, "webp_exif3.webp", exif=exif)

    for depth in (1, 2, 4, 8, 16):
        value = gray * 257 + noise.integers(0, 100, gray.shape) if depth == 16 else (
            gray >> (8 - depth))
        value = np.minimum(value, 65535)
        for i in (0, 1):
            put(f"png_gray{depth}_{i}.png",
                png(w, h, depth, 0, png_rows(value[..., None], depth, i), interlaced=i))
    put("png_gray16_dark.png", png(w, h, 16, 0, png_rows((gray * 2)[..., None], 16, 0)))
    put("png_gray8_key.png",
        png(w, h, 8, 0, png_rows(gray[..., None], 8, 0), transparency=b"\0\x50"))
    for depth in (1, 2, 4, 8):
        palette = noise.integers(0, 256, (1 << depth, 3)).astype(np.uint8).tobytes()
        raw = [png_rows((gray >> (8 - depth))[..., None], depth, i) for i in (0, 1)]
        put(f"png_palette{depth}.png", png(w, h, depth, 3, raw[0], palette))
        put(f"png_palette{depth}_interlaced.png",
            png(w, h, depth, 3, raw[1], palette, interlaced=1))
        put(f"png_palette{depth}_clear.png",
            png(w, h, depth, 3, raw[0], palette, bytes(range(1 << depth))))
    put("png_palette_short.png",
        png(w, h, 8, 3, png_rows(gray[..., None], 8, 0), palette[:3 * 100]))
    for code, a in ((2, color), (4, np.dstack([gray, alpha])), (6, np.dstack([color, alpha]))):
        for depth in (8, 16):
            value = a * 256 + noise.integers(0, 256, a.shape) if depth == 16 else a
            for i in (0, 1):
                put(f"png_color{code}_{depth}_{i}.png",
                    png(w, h, depth, code, png_rows(value, depth, i), interlaced=i))
    put("png_rgb_key.png", png(w, h, 8, 2, png_rows(color, 8, 0), transparency=bytes(
        [0, color[5, 5, 0], 0, color[5, 5, 1], 0, color[5, 5, 2]])))

    save(image, "webp_lossy.webp", quality=60)
    save(image, "webp_lossless.webp", lossless=True)
    save(clear, "webp_lossy_alpha.webp", quality=70)
    save(clear, "webp_lossless_alpha.webp", lossless=True, exact=True)
    save(image, "webp_animation.webp", save_all=True, append_images=[image.rotate(5)],
         duration=100, quality=50)
    part = Image.new("RGBA", (60, 40))
    part.paste(clear.crop((0, 0, 20, 20)), (10, 12))
    save(part, "webp_animation_offset.webp", save_all=True, append_images=[part.rotate(90)],
         duration=50, lossless=True, minimize_size=True)

    save(image, "bmp_rgb.bmp")
    save(image.convert("L"), "bmp_gray.bmp")
    save(image.convert("1"), "bmp_bilevel.bmp")
    save(clear, "bmp_rgba.bmp")

    def colors(count, last=b"\0"):
        return b"".join(
            bytes(noise.integers(0, 256, 3).tolist()) + last for _ in range(count))

    def rows(a, bits, order=-1):
        return b"".join(packed(row, bits, 32) for row in a[::order])

    for bits in (1, 4, 8):
        value = gray >> (8 - bits)
        put(f"bmp_palette{bits}.bmp", bmp(w, h, bits, 0, rows(value, bits), colors(1 << bits)))
        put(f"bmp_palette{bits}_flipped.bmp",
            bmp(w, h, bits, 0, rows(value, bits, 1), colors(1 << bits), flip=True))
    put("bmp_palette_few.bmp", bmp(w, h, 8, 0, rows(gray >> 2, 8), colors(60), colors=60))
    put("bmp_palette_offset.bmp", bmp(w, h, 8, 0, rows(gray, 8), colors(256), offset=54))
    core = struct.pack("<IHHHH", 12, w, h, 1, 8)
    put("bmp_core.bmp", b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + 12 + 768) + core
        + colors(256, b"") + rows(gray, 8))
    r, g, b = (color[..., c] for c in range(3))
    words = {15: (r >> 3) << 10 | (g >> 3) << 5 | b >> 3, 16: (r >> 3) << 11 | (g >> 2) << 5 | b >> 3}
    masks = {15: (0x7C00, 0x03E0, 0x001F), 16: (0xF800, 0x07E0, 0x001F)}
    for bits in (15, 16):
        data = b"".join(
            row.astype("<u2").tobytes() + b"\0" * (-2 * w % 4) for row in words[bits][::-1])
        put(f"bmp_fields{bits}.bmp",
            bmp(w, h, 16, 3, data, masks=struct.pack("<III", *masks[bits])))
        if bits == 15:
            put("bmp_16.bmp", bmp(w, h, 16, 0, data))
    quads = np.dstack([color, alpha]).astype(np.uint8)[::-1]
    put("bmp_32.bmp", bmp(w, h, 32, 0, quads[..., [2, 1, 0, 3]].tobytes()))
    layouts = (
        ((0xFF0000, 0xFF00, 0xFF, 0xFF000000), (2, 1, 0, 3)),
        ((0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0, 1, 2, 3)),
        ((0xFF000000, 0xFF0000, 0xFF00, 0xFF), (3, 2, 1, 0)),
        ((0xFF0000, 0xFF00, 0xFF, 0), (2, 1, 0, 3)),
        ((0, 0, 0, 0), (2, 1, 0, 3)),
    )
    for i, (values, order) in enumerate(layouts):
        put(f"bmp_32_fields{i}.bmp", bmp(
            w, h, 32, 3, quads[..., list(order)].tobytes(),
            masks=struct.pack("<IIII", *values) + b"\0" * 68, size=124))
    put("bmp_runs8.bmp", bmp(w, h, 8, 1, run_lengths(gray >> 5, False), colors(256)))
    put("bmp_runs4.bmp", bmp(w, h, 4, 2, run_lengths(gray >> 5, True), colors(16)))

    save(Image.fromarray(noise.integers(0, 256, (400, 3, 3)).astype(np.uint8)), "tall.png")
    save(Image.fromarray(noise.integers(0, 256, (401, 2)).astype(np.uint8)), "tall_gray.png")
    save(Image.fromarray(noise.integers(0, 256, (3, 400, 3)).astype(np.uint8)), "wide.png")

    write_gifs(save, put, image, clear, noise)
    write_tiffs(folder, save, image, clear, noise)
    write_maps(put, color, gray, noise)
    write_avifs(folder, save, image, clear)
    write_jpeg2000(folder, save, image, clear, noise)
    write_small_samples(folder, gray, noise)


def write_gifs(save, put, image, clear, noise):
    few = image.quantize(20)
    save(image.quantize(256), "gif_palette.gif", interlace=0)
    save(few, "gif_interlaced.gif", interlace=1)
    save(image.convert("L"), "gif_gray.gif", interlace=0)
    save(image.convert("1"), "gif_bilevel.gif")
    save(clear.quantize(30), "gif_clear.gif", transparency=7)
    save(image.quantize(64), "gif_animation.gif", save_all=True, duration=100,
         append_images=[image.rotate(90).quantize(64), image.rotate(180).quantize(64)])
    # A frame of 20 x 20 on another screen, with a palette of its own and without, on a
    # transparent screen and beyond its border. Literal codes: each pixel a code of its own.
    square = noise.integers(0, 4, (20, 20))

    def frame(screen, corner, own, clear_index, interlaced=False):
        table = noise.integers(0, 256, 12).astype(np.uint8).tobytes()
        order = [y for start, step in ((0, 8), (4, 8), (2, 4), (1, 2))
                 for y in range(start, 20, step)] if interlaced else range(20)
        codes = []
        for i, value in enumerate(v for y in order for v in square[y]):
            if i % 2 == 0:
                codes.append(4)  # begin anew: codes stay 3 bits wide
            codes.append(int(value))
        codes.append(5)
        bits = "".join(format(code, "03b")[::-1] for code in codes)
        bits += "0" * (-len(bits) % 8)
        data = bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits), 8))
        blocks = b"".join(
            bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
        control = b"" if clear_index is None else bytes([0x21, 0xF9, 4, 1, 0, 0, clear_index, 0])
        flags = (0x81 if own else 0) | (0x40 if interlaced else 0)
        return (b"GIF89a" + struct.pack("<HHBBB", *screen, 0x81, 0, 0) + table[::-1] + control
                + b"," + struct.pack("<HHHHB", *corner, 20, 20, flags)
                + (table if own else b"") + b"\2" + blocks + b"\0;")

    put("gif_offset.gif", frame((50, 40), (7, 11), True, None))
    put("gif_offset_clear.gif", frame((50, 40), (7, 11), False, 2, interlaced=True))
    put("gif_beyond.gif", frame((22, 17), (9, 3), True, 1))
    # Nothing says what it is but the content.
    save(few, "gif_in_disguise.jpg", format="GIF")


def write_tiffs(folder, save, image, clear, noise):
    gray = image.convert("L")
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        name = compression.removeprefix("tiff_")
        save(image, f"tiff_rgb_{name}.tif", compression=compression)
    for name, picture in (("gray", gray), ("bilevel", image.convert("1")),
                          ("palette", image.quantize(200)), ("rgba", clear),
                          ("cmyk", image.convert("CMYK")), ("gray_alpha", clear.convert("LA"))):
        save(picture, f"tiff_{name}.tif", compression="tiff_lzw")
    save(image.convert("1"), "tiff_fax.tif", compression="group4")
    save(image.convert("YCbCr"), "tiff_ycbcr_jpeg.tif", compression="jpeg")
    for orientation in (3, 6):
        save(image.resize((30, 20)), f"tiff_orientation{orientation}.tif",
             compression="tiff_adobe_deflate", tiffinfo={274: orientation})
    save(gray, "tiff_pages.tif", save_all=True, append_images=[image, gray.rotate(90)])

    color = np.asarray(image)
    wide = (color.astype(int) * 256 + noise.integers(0, 256, color.shape)).astype(np.uint16)
    bits = np.packbits(np.asarray(gray) > 90, axis=1)

    def write(name, data, **options):
        tifffile.imwrite(f"{folder}/tiff_{name}.tif", data, metadata=None, **options)

    write("tiles", color, tile=(16, 32), photometric="rgb", compression="zlib")
    write("tiles_planar", np.moveaxis(color, 2, 0), tile=(32, 16), photometric="rgb",
          planarconfig="separate")
    write("planar", np.moveaxis(color, 2, 0), photometric="rgb", planarconfig="separate",
          rowsperstrip=10, compression="zlib")
    write("strips", color, photometric="rgb", rowsperstrip=7, byteorder=">")
    write("big", color, photometric="rgb", bigtiff=True, compression="zlib")
    write("rgb16", wide, photometric="rgb", compression="zlib", rowsperstrip=9)
    write("rgb16_big_endian", wide, photometric="rgb", byteorder=">")
    write("gray16", wide[..., 0], photometric="minisblack", compression="zlib")
    write("gray16_dark", wide[..., 0] // 200, photometric="minisblack")
    write("gray_inverted", np.asarray(gray), photometric="miniswhite", compression="zlib")
    quads = np.asarray(clear)
    write("rgba_multiplied", quads, photometric="rgb", extrasamples=["assocalpha"])
    write("rgba16", quads.astype(np.uint16) * 256 + 77, photometric="rgb",
          extrasamples=["unassalpha"], compression="zlib")
    write("rgb_extra", quads, photometric="rgb", extrasamples=["unspecified"])


def write_small_samples(folder, gray, noise):
    for bits in (1, 2, 4):
        value = gray >> (8 - bits)
        rows = b"".join(packed(row, bits, 8) for row in value)
        for name, photometric in (("gray", 1), ("inverted", 0), ("palette", 3)):
            with open(f"{folder}/tiff_{name}{bits}.tif", "wb") as file:
                file.write(bare_tiff(value.shape, bits, photometric, rows, noise))


def bare_tiff(shape, bits, photometric, rows, noise):
    """One strip that is not compressed, with a random palette where one is asked for."""
    entries = [(256, 3, 1, shape[1]), (257, 3, 1, shape[0]), (258, 3, 1, bits), (259, 3, 1, 1),
               (262, 3, 1, photometric), (273, 4, 1, 8), (277, 3, 1, 1),
               (278, 3, 1, shape[0]), (279, 4, 1, len(rows))]
    data = rows + b"\0" * (len(rows) % 2)
    if photometric == 3:
        entries.append((320, 3, 3 << bits, 8 + len(data)))
        data += noise.integers(0, 65536, 3 << bits).astype("<u2").tobytes()
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHI", *entry[:3]) + (
            struct.pack("<HH", entry[3], 0) if entry[1:3] == (3, 1)
            else struct.pack("<I", entry[3])) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + b"\0" * 4


def write_maps(put, color, gray, noise):
    h, w = gray.shape
    bits = (gray < 90).astype(np.uint8)

    def header(kind, maximum=None):
        text = f"P{kind}\n# a comment\n{w} # another\n{h}\n"
        return (text + (f"{maximum}\n" if maximum else "")).encode()

    def plain(values):
        return " ".join(str(v) + ("\n" if i % 9 == 8 else "") for i, v in
                        enumerate(values.reshape(-1).tolist())).encode() + b"\n# the end\n"

    words = gray.astype(np.uint16) * 3
    put("map_p1.pbm", header(1) + "".join(
        "".join(map(str, row)) + "\n" for row in bits.tolist()).encode())
    put("map_p2.pgm", header(2, 100) + plain(gray * 100 // 255))
    put("map_p2_16.pgm", header(2, 1000) + plain(words))
    put("map_p3.ppm", header(3, 255) + plain(color))
    put("map_p4.pbm", header(4) + np.packbits(bits, axis=1).tobytes())
    put("map_p5.pgm", header(5, 255) + gray.astype(np.uint8).tobytes())
    put("map_p5_7.pgm", header(5, 7) + (gray // 32).astype(np.uint8).tobytes())
    put("map_p5_16.pgm", header(5, 65535) + words.astype(">u2").tobytes())
    put("map_p5_12.pgm", header(5, 4095) + words.astype(">u2").tobytes())
    put("map_p6.ppm", header(6, 255) + color.astype(np.uint8).tobytes())
    put("map_p6_200.ppm", header(6, 200) + (color * 200 // 255).astype(np.uint8).tobytes())
    put("map_p6_16.ppm", header(6, 65535) + (
        color * 256 + noise.integers(0, 256, color.shape)).astype(">u2").tobytes())


def run(*arguments):
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)


def write_avifs(folder, save, image, clear):
    for sampling in ("4:4:4", "4:2:0", "4:2:2"):
        save(image, f"avif_{sampling.replace(':', '')}.avif", subsampling=sampling, quality=60)
    save(image, "avif_gray.avif", subsampling="4:0:0")
    save(clear, "avif_alpha.avif", subsampling="4:4:4")
    save(image, "avif_limited.avif", range="limited")
    save(image, "avif_sequence.avif", save_all=True, append_images=[image.rotate(90)])
    for orientation in (2, 3, 5, 6, 7, 8):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(image.resize((30, 20)), f"avif_exif{orientation}.avif", exif=exif)
    with tempfile.TemporaryDirectory() as scratch:
        for name, picture in (("rgb", image), ("rgba", clear), ("gray", image.convert("L"))):
            picture.save(f"{scratch}/{name}.png")
        for depth, sampling, name in ((10, "444", "rgb"), (10, "420", "rgb"), (12, "444", "rgb"),
                                      (10, "444", "rgba"), (10, "400", "gray")):
            run("avifenc", "-d", str(depth), "--jobs", "1", "-y", sampling,
                f"{scratch}/{name}.png", f"{folder}/avif_{depth}_{sampling}_{name}.avif")


def write_jpeg2000(folder, save, image, clear, noise):
    gray = image.convert("L")
    save(image, "jpeg2000_rgb.jp2")
    save(image, "jpeg2000_rgb.j2k")
    save(image, "jpeg2000_lossy.jp2", irreversible=True, quality_layers=[20])
    save(gray, "jpeg2000_gray.jp2")
    save(clear, "jpeg2000_rgba.jp2")
    save(clear.convert("LA"), "jpeg2000_gray_alpha.j2k")
    save(image, "jpeg2000_tiles.jp2", tile_size=(32, 16))
    words = np.asarray(gray).astype(int) * 256 + noise.integers(
        0, 256, (gray.height, gray.width))
    save(Image.fromarray(words.astype(np.uint16)), "jpeg2000_gray16.jp2")
    with tempfile.TemporaryDirectory() as scratch:
        # Not quite white: Pillow's rounding of the highest values wraps to black.
        wide = np.asarray(image).astype(np.uint16) * 255
        tifffile.imwrite(f"{scratch}/wide.tif", wide, photometric="rgb")
        for name in ("jpeg2000_rgb16.jp2", "jpeg2000_rgb16.j2k"):
            run("opj_compress", "-i", f"{scratch}/wide.tif", "-o", f"{folder}/{name}", "-n", "4")


def describe(path):
    image = Image.open(path)
    image.load()
    if image.mode in ("I", "I;16B"):
        # Maps of more than 8 bits and TIFFs of the other byte order: the same numbers as I;16.
        image = Image.fromarray(np.asarray(image).astype(np.uint16))
    return image, {
        "mode": image.mode,
        "width": image.width,
        "height": image.height,
        "orientation": image.getexif().get(0x0112, 1),
        "rgb": fnv(rgb(image)),
    }


def main(photographs, goldens, output):
    for name in ("photographs", "variants", "evaluation"):
        shutil.rmtree(f"{output}/{name}", ignore_errors=True)
        os.makedirs(f"{output}/{name}")
    decoded = json.load(open(f"{photographs}/decoded.json"))
    expected = {"pillow": PIL.__version__, "photographs": {}, "variants": {}, "resizes": [],
                "boxes": [], "training": []}

    for name, facts in decoded.items():
        shutil.copyfile(f"{photographs}/{name}", f"{output}/photographs/{name}")
        image, entry = describe(f"{photographs}/{name}")
        assert hashlib.sha256(rgb(image)).hexdigest() == facts["rgb_sha256"], name
        floats = load_file(f"{goldens}/{name}.safetensors")["open_clip"]
        square = shortest(image, 224, Image.BICUBIC).convert("RGB")
        again = (np.asarray(square).astype(np.float32) / np.float32(255) - MEAN) / STD
        assert np.array_equal(again.transpose(2, 0, 1), floats), name
        with open(f"{output}/evaluation/{name}.rgb", "wb") as file:
            file.write(np.asarray(square).tobytes())
        positions = range(0, floats.size, 7919)
        entry["floats"] = [float(floats.reshape(-1)[p]) for p in positions]
        expected["photographs"][name] = entry

    write_variants(f"{output}/variants", photographs)
    for name in sorted(os.listdir(f"{output}/variants")):
        image, entry = describe(f"{output}/variants/{name}")
        entry["oriented"] = fnv(rgb(ImageOps.exif_transpose(image)))
        for mode, transform in TRANSFORMS.items():
            for interpolation, method in FILTERS.items():
                entry[f"{mode} {interpolation}"] = fnv(rgb(transform(image, SMALL, method)))
        expected["variants"][name] = entry

    sources = ("png_color2_8_0.png", "png_color6_8_0.png", "png_color4_8_0.png",
               "png_gray8_0.png", "png_gray16_0.png", "png_palette8.png", "jpeg_cmyk.jpg",
               "tall.png", "wide.png")
    sizes = ((1, 1), (7, 5), (13, 90), (58, 47), (59, 46), (61, 48), (130, 3), (118, 94))
    for name in sources:
        image = Image.open(f"{output}/variants/{name}")
        for interpolation, method in FILTERS.items():
            for width, height in sizes:
                expected["resizes"].append({
                    "file": name, "interpolation": interpolation, "width": width,
                    "height": height, "rgb": fnv(rgb(image.resize((width, height), method)))})

    source = random.Random(11)
    for width, height in ((640, 480), (480, 640), (1, 1), (5, 1000), (1000, 5), (37, 41)):
        for _ in range(6):
            words = [source.getrandbits(64) for _ in range(30)]
            expected["boxes"].append({
                "width": width, "height": height, "words": [str(word) for word in words],
                "box": crop_box(width, height, Words(words))})
    for name in ("rocket.jpg", "camera.png", "s_palette.png", "s_alpha.webp", "s_exif6.jpg"):
        image = Image.open(f"{photographs}/{name}")
        words = [source.getrandbits(64) for _ in range(30)]
        x, y, w, h = crop_box(image.width, image.height, Words(words))
        square = image.crop((x, y, x + w, y + h)).resize((96, 96), Image.BICUBIC)
        square = square.convert("RGB")  # after, as open_clip does
        expected["training"].append({
            "file": name, "words": [str(word) for word in words], "rgb": fnv(rgb(square)),
            "mirrored": fnv(rgb(ImageOps.mirror(square)))})

    with open(f"{output}/expected.json", "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
