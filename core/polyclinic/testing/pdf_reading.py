"""Reads the text of the PDF files that Polyclinic writes, page by page, for tests."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\[?((?:\((?:\\.|[^\\()])*\)|[-\d.\s])+)\]? ?T[jJ]|(ET)", re.DOTALL)
_TEXT = re.compile(rb"\(((?:\\.|[^\\()])*)\)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_pdf(content: bytes) -> list[str]:
    """Return the text of every page, one line for each piece of text as it was written."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    maps = _glyph_maps(objects)
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    return [_page_text(objects, maps, body) for body in pages]


def _glyph_maps(objects: dict[int, bytes]) -> dict[bytes, dict[int, str]]:
    maps: dict[bytes, dict[int, str]] = {}
    for body in objects.values():
        for name, reference in _FONT.findall(body):
            link = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(reference), b""))
            if link:
                maps[name] = _glyph_map(_stream(objects[int(link[1])]).decode())
    return maps


def _glyph_map(cmap: str) -> dict[int, str]:
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for glyph, sign in re.findall(r"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(sign).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, sign in re.findall(r"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>", block):
            for place in range(int(first, 16), int(last, 16) + 1):
                found[place] = chr(int(sign, 16) + place - int(first, 16))
    return found


def _page_text(objects: dict[int, bytes], maps: dict[bytes, dict[int, str]], page: bytes) -> str:
    link = re.search(rb"/Contents (\d+) 0 R", page)
    font, line, lines = b"", "", []
    for name, shown, end in _SHOWN.findall(_stream(objects[int(link[1])]) if link else b""):
        font = name or font
        line += "".join(_decoded(piece, maps.get(font, {})) for piece in _TEXT.findall(shown))
        if end and line:
            lines.append(line)
            line = ""
    return "\n".join(lines)


def _decoded(piece: bytes, glyphs: dict[int, str]) -> str:
    raw = re.sub(rb"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), piece, flags=re.DOTALL)
    return "".join(glyphs.get(int.from_bytes(raw[at : at + 2], "big"), "?") for at in range(0, len(raw), 2))


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]
