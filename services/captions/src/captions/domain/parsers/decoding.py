"""Bytes into text, for formats whose files come in any encoding. A guess is always told."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from captions.domain.parsers.import_log import ImportLog
from captions.domain.parsers.latin_alphabets import by_alphabet
from everyword_events import InvalidInput

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# What Windows, DOS and Unix wrote before Unicode, by language; the likeliest first.
_LEGACY: Final = {
    "ar fa ur": ("cp1256", "iso8859_6"),
    "bg mk ru sr uk be": ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"),
    "bs cs hr hu pl ro sk sl sq": ("cp1250", "iso8859_2", "cp852", "mac_latin2"),
    "el": ("cp1253", "iso8859_7", "mac_greek", "cp737"),
    "et lt lv": ("cp1257", "iso8859_13"),
    "he yi": ("cp1255",),
    "ja": ("cp932", "euc_jp", "iso2022_jp"),
    "ko": ("cp949",),
    "th": ("cp874",),
    "tr az": ("cp1254", "iso8859_9", "mac_turkish", "cp857"),
    "vi": ("cp1258",),
    "yue": ("big5hkscs", "gb18030"),
    "zh": ("gb18030", "big5"),
}
_BY_LANGUAGE: Final = {
    language: encodings
    for languages, encodings in _LEGACY.items()
    for language in languages.split()
}
_RAREST: Final = {"el": frozenset("\u0390\u03b0\u03ca\u03cb\u03be\u03c8")}
"""Letters of which there are few, where a language's encodings make letters of any bytes."""
_WESTERN: Final = "cp1252"
_HEBREW: Final = "cp1255"
_HEBREW_LETTERS: Final = range(0xE0, 0xFB)
_ENOUGH: Final = 25
_JAPANESE_MAIL: Final = re.compile(rb"\x1b\$[@B].*?\x1b\([BJ]", re.DOTALL)
_NAMES: Final = {
    "cp932": "Shift JIS",
    "gb18030": "GB 18030",
    "cp949": "EUC-KR",
    "cp866": "CP866",
    "iso2022_jp": "ISO-2022-JP",
}
_TWICE: Final = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]")
_MOST_TWICE: Final = 0.9
_SAMPLE_BYTES: Final = 20_000
_RUN: Final = re.compile(rb"[\x80-\xff]+")
_ISOLATED: Final = 0.7
"""From this share of single bytes among ASCII letters, a text is in a Latin script."""
_LONGEST_RUN: Final = 1.6
"""So many high bytes on end, on average, are letters with accents among others."""
_MOST_DAMAGED: Final = 0.25
"""Up to this share of broken sequences, a file is damaged UTF-8 and nothing else."""
_NUL_SHARE: Final = 0.2


def decode_as_found(raw: bytes, language: str = "und", log: ImportLog | None = None) -> str:
    """Decode by the BOM, else as UTF-8, else by what the bytes look like; line ends are LF.

    A guess goes by the `language` (BCP 47) where it is known, and is noted in `log`.
    """
    text = _decoded(raw, language, log).replace("\r\n", "\n").replace("\r", "\n")
    return _decoded_once_more(text, log)


def decode_lines(raw: bytes, language: str, log: ImportLog) -> str:
    """Decode as `decode_as_found` does, without NUL characters, which no text has."""
    text = decode_as_found(raw, language, log)
    if "\0" in text:
        log.note("nul_removed", count=text.count("\0"))
        text = text.replace("\0", "")
    return text


def decode_prose(raw: bytes, language: str = "und", log: ImportLog | None = None) -> str:
    """Decode text that nothing but its file's name says is text.

    Raises:
        InvalidInput: it holds NUL, as no text does.
    """
    text = decode_as_found(raw, language, log)
    if "\0" in text:
        raise InvalidInput(
            "not text: there are NUL characters in it",
            hint="is it another format under this name?",
            code="captions_invalid",
        )
    return text


def _decoded_once_more(text: str, log: ImportLog | None) -> str:
    """Read letters that were encoded twice (`SeÃ±or`) for what they are, where all lines are so."""
    if not _TWICE.search(text):
        return text
    lines = text.split("\n")
    told = [at for at, line in enumerate(lines) if not line.isascii()]
    mended = {at: line for at in told if (line := _once_more(lines[at])) is not None}
    if len(mended) < _MOST_TWICE * len(told):
        return text
    for at, line in mended.items():
        lines[at] = line
        if log is not None:
            log.note("encoded_twice", at + 1)
    return "\n".join(lines)


def _once_more(line: str) -> str | None:
    """Return a line whose bytes, as Windows-1252 shows them, are UTF-8; else None."""
    try:
        return b"".join(map(_byte, line)).decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None


def _byte(character: str) -> bytes:
    """Return the byte that a character shows: five have no letter in Windows-1252."""
    if "\x80" <= character <= "\x9f":
        return character.encode("latin-1")
    return character.encode(_WESTERN)


def _decoded(raw: bytes, language: str, log: ImportLog | None) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _with_damage(raw.removeprefix(mark), encoding, log)
    if wide := _utf_16_without_mark(raw):
        return _with_damage(raw, wide, log)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return _not_utf_8(raw, language.lower().split("-")[0], log)
    return _guessed(raw, "iso2022_jp", log) if _JAPANESE_MAIL.search(raw) else text


def _not_utf_8(raw: bytes, language: str, log: ImportLog | None) -> str:
    if (mixed := _mixed(raw, language, log)) is not None:
        return mixed
    if _is_damaged_utf_8(raw):
        return _with_damage(raw, "utf-8", log)
    return _guessed(raw, _guess(raw, language), log)


def _guessed(raw: bytes, encoding: str, log: ImportLog | None, *, beside: str = "") -> str:
    if log is not None:
        name = _NAMES.get(encoding, encoding.replace("cp125", "windows-125"))
        log.note("encoding", detail=f"{beside}{name}")
    return _with_damage(raw, encoding, log)


def _mixed(raw: bytes, language: str, log: ImportLog | None) -> str | None:
    """Read a file that was put together of UTF-8 and an older encoding, line by line."""
    lines = raw.splitlines()
    told = [at for at, line in enumerate(lines) if not line.isascii()]
    whole = sum("\ufffd" not in lines[at].decode(errors="replace") for at in told)
    old = [at for at in told if _has_no_utf_8(lines[at])]
    if not old or whole * 2 <= len(told):
        return None
    sample = b"\n".join(lines[at] for at in old)
    read = _guessed(sample, _guess(sample, language), log, beside="UTF-8 and ").split("\n")
    mended = dict(zip(old, read, strict=False))
    return "\n".join(
        mended[at] if at in mended else line.decode(errors="replace")
        for at, line in enumerate(lines)
    )


def _has_no_utf_8(line: bytes) -> bool:
    text = line.decode(errors="replace")
    return "\ufffd" in text and not any("\x7f" < character != "\ufffd" for character in text)


def _with_damage(raw: bytes, encoding: str, log: ImportLog | None) -> str:
    text = raw.decode(encoding, "replace")
    if log is not None and "\ufffd" in text:
        log.note("characters_damaged", count=text.count("\ufffd"))
    return text


def _utf_16_without_mark(raw: bytes) -> str | None:
    """Tell UTF-16 by the zeros in every other byte, as ASCII digits and line ends have them."""
    sample = raw[:_SAMPLE_BYTES]
    sample = sample[: len(sample) // 2 * 2]
    if not sample:
        return None
    first, second = sample[::2].count(0) / len(sample), sample[1::2].count(0) / len(sample)
    if second > _NUL_SHARE > first:
        return "utf-16-le"
    return "utf-16-be" if first > _NUL_SHARE > second else None


def _is_damaged_utf_8(raw: bytes) -> bool:
    """Tell whether most sequences of high bytes are UTF-8 and some are broken."""
    text = raw[: _SAMPLE_BYTES * 10].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(character > "\x7f" for character in text) - broken
    return whole > 0 and broken / (whole + broken) <= _MOST_DAMAGED


def _guess(raw: bytes, language: str) -> str:
    sample = b"\n".join(_telling_lines(raw))
    usual = [each for each in _BY_LANGUAGE.get(language, ()) if _decodes(sample, each)]
    if usual:
        rare = _RAREST.get(language, frozenset())
        return max(usual, key=lambda each: _fit(sample, each) - _count(sample, each, rare))
    runs = _RUN.findall(sample)
    latin = sum(len(run) == 1 for run in runs) >= _ISOLATED * len(runs)
    if language not in _BY_LANGUAGE:
        few = sum(map(len, runs)) <= _LONGEST_RUN * len(runs)
        fitting = by_alphabet(sample) if few else None
        if fitting is not None:
            return fitting
        if latin and _decodes(sample, _WESTERN):
            return _WESTERN
    if language not in _BY_LANGUAGE and _is_hebrew(sample):
        return _HEBREW
    detected = _detected(sample)
    return max(
        [*([detected] if detected else []), *_BY_LANGUAGE["ru"][:3]],
        key=lambda each: _fit(sample, each),
    )


def _telling_lines(raw: bytes) -> Iterable[bytes]:
    """Yield the lines with high bytes: times and numbers say nothing of the encoding."""
    left = _SAMPLE_BYTES
    for line in raw.splitlines():
        if not line.isascii():
            yield line[:left]
            left -= len(line)
            if left <= 0:
                return


def _decodes(sample: bytes, encoding: str) -> bool:
    """Tell whether the sample is letters and usual signs in an encoding, its last bytes aside."""
    text = sample.decode(encoding, "ignore")
    lost = len(sample) - len(text.encode(encoding, "ignore"))
    odd = sum(not (c.isprintable() or c.isspace()) for c in text)
    return lost + odd <= len(sample) * 0.01 + 1


def _fit(sample: bytes, encoding: str) -> int:
    """Weigh how much like written words a sample looks in an encoding; of equals the first wins.

    Letters count for it; against it count signs, letters of half width, and capitals inside words.
    """
    text = sample.decode(encoding, "replace")
    fit = 0
    for before, character in pairwise(f" {text}"):
        if character > "\x7f":
            odd = not character.isalpha() or "\uff61" <= character <= "\uff9f"
            inside = before.isalpha() and before.islower() and character.isupper()
            fit += -2 if odd or inside else 1
    return fit * len(sample) // max(1, len(text))


def _count(sample: bytes, encoding: str, letters: frozenset[str]) -> int:
    return sum(character in letters for character in sample.decode(encoding, "replace"))


def _is_hebrew(sample: bytes) -> bool:
    """Tell Hebrew: its letters end where Cyrillic and Greek have some of their commonest."""
    letters = [byte for byte in sample if byte >= 0xC0]  # noqa: PLR2004 - where letters begin
    return len(letters) >= _ENOUGH and all(byte in _HEBREW_LETTERS for byte in letters)


def _detected(sample: bytes) -> str | None:
    """Ask charset-normalizer, which is slow to import and seldom needed."""
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(sample).best()
    return best.encoding if best is not None else None
