"""Writes zip files whose bytes depend on nothing but the names and contents of the files.

zipfile compresses with whichever zlib its Python was linked to, and they differ: zlib-ng (Fedora,
Windows) gives other bytes than zlib. So the compressor is pinned with the other requirements, and
the container, of which only little is needed, is written here (APPNOTE.TXT 6.3, 4.3 and 4.4).
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import deflate

_LEVEL = 9
_VERSION = 20  # needed to extract: deflate
_MADE_ON_UNIX = 3 << 8 | _VERSION
_DEFLATED = 8
_MIDNIGHT, _FIRST_DAY = 0, 1 << 5 | 1  # 1980-01-01, the earliest that a zip can tell
_READABLE = 0o100644 << 16  # Lambda runs as another user than the one who packed

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file: what its local header and the central directory both say of it."""

    name: bytes
    crc: int
    size: int
    data: bytes
    offset: int

    def local(self) -> bytes:
        header = _LOCAL.pack(b"PK\x03\x04", _VERSION, *self._shared())
        return header + self.name + self.data

    def central(self) -> bytes:
        header = _CENTRAL.pack(
            b"PK\x01\x02", _MADE_ON_UNIX, _VERSION, *self._shared(), 0, 0, 0, _READABLE, self.offset
        )
        return header + self.name

    def _shared(self) -> tuple[int, ...]:
        sizes = (self.crc, len(self.data), self.size, len(self.name), 0)
        return (0, _DEFLATED, _MIDNIGHT, _FIRST_DAY, *sizes)


def archive(files: Mapping[str, bytes]) -> bytes:
    """The zip file of `files`, name -> content; names are ASCII, with slashes."""
    local, central = bytearray(), bytearray()
    for name in sorted(files):
        entry = _entry(name, files[name], len(local))
        local += entry.local()
        central += entry.central()
    count = len(files)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(central), len(local), 0)
    return bytes(local + central + end)


def _entry(name: str, content: bytes, offset: int) -> _Entry:
    compressed = bytes(deflate.deflate_compress(content, _LEVEL))
    return _Entry(name.encode("ascii"), zlib.crc32(content), len(content), compressed, offset)
