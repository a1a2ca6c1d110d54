#!/usr/bin/env python3
"""Packs a folder of small files into one safetensors file of bytes, and unpacks it.

    corpus.py pack FOLDER FILE
    corpus.py unpack FILE FOLDER
"""

import json
import pathlib
import struct
import sys


def pack(folder, file):
    contents = sorted(path.read_bytes() for path in folder.iterdir())
    header, offset = {}, 0
    for index, content in enumerate(contents):
        end = offset + len(content)
        header[str(index)] = {
            "dtype": "U8", "shape": [len(content)], "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(contents))


def unpack(file, folder):
    content = file.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    for name, entry in json.loads(content[8:start]).items():
        first, end = entry["data_offsets"]
        (folder / f"kept-{name}").write_bytes(content[start + first:start + end])


{"pack": pack, "unpack": unpack}[sys.argv[1]](*map(pathlib.Path, sys.argv[2:4]))
