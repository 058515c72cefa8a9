"""Documents too large for one item of DynamoDB, compressed and in pieces of less than 400 kB."""

import base64
import binascii
import zlib

PIECE_CHARACTERS = 350_000
# What a request may still unpack: Lambda answers with at most 6 MB.
MOST_PIECES = 16
MOST_CHARACTERS = 16 * 1024 * 1024


def pack(text: str) -> list[str]:
    """Return the pieces, the first one to be read first. Raises ValueError if it is too large."""
    packed = base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"))).decode()
    pieces = [
        packed[start : start + PIECE_CHARACTERS]
        for start in range(0, len(packed), PIECE_CHARACTERS)
    ]
    if len(pieces) > MOST_PIECES or len(text) > MOST_CHARACTERS:
        raise ValueError("too large to be kept")
    return pieces


def unpack(pieces: list[str]) -> str:
    """Raises ValueError if they are not what `pack` returned; never unpacks more than it took."""
    unpacking = zlib.decompressobj()
    try:
        packed = base64.b64decode("".join(pieces), validate=True)
        text = unpacking.decompress(packed, MOST_CHARACTERS)
    except (zlib.error, binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"not packed: {error}") from None
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("not packed whole")
    return text.decode("utf-8", "surrogatepass")
