"""What a fetched file is by its first bytes, where it is no audio: a feed, a web page, data."""

import re
from typing import Final, Literal

HEAD_BYTES: Final = 4096
Content = Literal["feed", "page", "data", "other"]

_FEED: Final = re.compile(r"<(rss|feed|rdf:rdf|[\w-]+:feed)[\s>]")
_PAGE: Final = re.compile(r"<(!doctype\s+html|html|head|body|script|meta|title)[\s>]")


def sniffed(head: bytes) -> Content:
    """Return what a file's first bytes are; whether `other` is audio is for the probe to say."""
    text = _text(head[:HEAD_BYTES]).lstrip("\ufeff \t\r\n\0").lower()
    if text.startswith("<"):
        if _FEED.search(text):
            return "feed"
        return "page" if _PAGE.search(text) else "data"
    return "data" if text.startswith(("{", "[", "#extm3u")) else "other"


def _text(head: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head.decode(encoding, "replace")
    return head.decode("latin-1").removeprefix("\xef\xbb\xbf")
