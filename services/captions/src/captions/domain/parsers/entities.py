"""HTML's character references, as the HTML standard consumes them in text (section 13.2.5.72)."""

import re
from html.entities import html5
from typing import Final

_NUMERIC: Final = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_NAMED: Final = re.compile(r"&([A-Za-z0-9]{1,40};?)")
_WINDOWS_1252: Final = {
    code: bytes([code]).decode("cp1252", "replace")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_LAST: Final = 0x10FFFF
_LONGEST_DECIMAL: Final = 10


def consume(text: str, at: int) -> tuple[str, int]:
    """Decode the reference at `text[at]`, an ampersand; return what it stands for and its end.

    An ampersand that begins no reference stands for itself.
    """
    found = _NUMERIC.match(text, at)
    if found is not None:
        return _character(found[1], found[2]), found.end()
    found = _NAMED.match(text, at)
    if found is not None:
        name = found[1]
        for length in range(len(name), 1, -1):
            if (value := html5.get(name[:length])) is not None:
                return value, at + 1 + length
    return "&", at + 1


def decode_references(raw: str) -> str:
    """Return `raw` with every character reference in it decoded."""
    parts: list[str] = []
    at = 0
    while (ampersand := raw.find("&", at)) >= 0:
        parts.append(raw[at:ampersand])
        decoded, at = consume(raw, ampersand)
        parts.append(decoded)
    return "".join([*parts, raw[at:]])


def _character(hexadecimal: str | None, decimal: str | None) -> str:
    digits = (hexadecimal or decimal or "").lstrip("0")[: _LONGEST_DECIMAL + 1]
    code = int(digits or "0", 16 if hexadecimal else 10)
    if code in _WINDOWS_1252:
        return _WINDOWS_1252[code]
    if code == 0 or code > _LAST or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - surrogates
        return "\ufffd"
    return chr(code)


_CLOSED: Final = re.compile(r"&(?:#[xX][0-9a-fA-F]{1,8}|#[0-9]{1,10}|[A-Za-z][A-Za-z0-9]{1,30});")
_ROUNDS: Final = 3


def decode_closed_references(text: str) -> str:
    """Decode only references with their semicolon, as other writers leave them in SRT and text.

    What was escaped twice (`&amp;#39;`) is decoded twice; `AT&T` and `R&B;` stay.
    """
    for _ in range(_ROUNDS):
        if "&" not in text:
            return text
        decoded = _CLOSED.sub(_closed, text)
        if decoded == text:
            return text
        text = decoded
    return text


def _closed(found: re.Match[str]) -> str:
    reference = found[0]
    if reference[1] == "#":
        return consume(reference, 0)[0]
    return html5.get(reference[1:], reference)
