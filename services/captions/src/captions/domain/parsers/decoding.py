"""Bytes into text, for formats whose files come in any encoding."""

from typing import Final

from everyword_events import InvalidInput

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def decode_as_found(raw: bytes) -> str:
    """Decode by the BOM, else as UTF-8, else as what Windows wrote before it; line ends are LF."""
    return _decoded(raw).replace("\r\n", "\n").replace("\r", "\n")


def decode_prose(raw: bytes) -> str:
    """Decode text that nothing but its file's name says is text.

    Raises:
        InvalidInput: it holds NUL, as no text does.
    """
    text = decode_as_found(raw)
    if "\0" in text:
        raise InvalidInput(
            "not text: there are NUL characters in it",
            hint="is it another format under this name?",
            code="captions_invalid",
        )
    return text


def _decoded(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.removeprefix(mark).decode(encoding, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
