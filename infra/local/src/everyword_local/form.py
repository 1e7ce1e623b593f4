"""A file and what is said of it as one request body: multipart/form-data (RFC 7578)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_IN_QUOTES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""As browsers write what would end a name (WHATWG HTML, section 4.10.21.8)."""


def form_of(fields: Mapping[str, str], file: Path) -> tuple[str, bytes]:
    """Return the body's content type and the body; the field `file` is the file."""
    between = os.urandom(16).hex()
    parts = [(f'"{name}"', value.encode("utf-8", "replace")) for name, value in fields.items()]
    parts.append((f'"file"; filename="{file.name.translate(_IN_QUOTES)}"', file.read_bytes()))
    body = b"".join(
        f"--{between}\r\nContent-Disposition: form-data; name={about}\r\n\r\n".encode(
            "utf-8", "replace"
        )
        + value
        + b"\r\n"
        for about, value in parts
    )
    return f"multipart/form-data; boundary={between}", body + f"--{between}--\r\n".encode()
