"""A reply's bytes, decoded and counted while they come: a bomb is noticed before it is written."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from everyword_events import InvalidInput

BLOCK_BYTES: Final = 256 * 1024
_ANY_ZLIB: Final = 47  # gzip or zlib, whichever the first bytes say (zlib.h, inflateInit2)
_ENCODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})


def decoded(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the body's own bytes, in blocks of bounded size whatever was packed into few.

    Raises:
        InvalidInput: an encoding that was not asked for, or bytes that are not in it.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        yield from blocks
        return
    if encoding not in _ENCODINGS:
        raise InvalidInput(
            f"the server sends an encoding that was not asked for: {encoding[:40]!r}",
            code="download_failed",
        )
    unpack = zlib.decompressobj(_ANY_ZLIB)
    try:
        for block in blocks:
            packed = block
            while packed:
                yield unpack.decompress(packed, BLOCK_BYTES)
                packed = unpack.unconsumed_tail
        yield unpack.flush()
        if not unpack.eof:
            raise zlib.error("it ends too early")  # noqa: TRY301 - translated below, as others are
    except zlib.error as error:
        raise InvalidInput(
            "the server sends damaged gzip", hint="try again later", code="download_failed"
        ) from error
