"""Language tags (BCP 47), as uploaders write them."""

from typing import Final

from everyword_events import InvalidInput

_DECIDED_LATER: Final = frozenset({"", "auto"})


def checked_language(tag: str) -> str:
    """Return a language tag (`en`, `pt-BR`, `zh-Hant-TW`), or "" for `auto`.

    Raises:
        InvalidInput: no language has that code.
    """
    import langcodes  # noqa: PLC0415 - a tenth of a second, which most commands do not need
    from langcodes.tag_parser import LanguageTagError  # noqa: PLC0415 - as above

    tag = tag.strip()
    if tag.lower() in _DECIDED_LATER:
        return ""
    try:
        language = langcodes.Language.get(tag)
        if language.is_valid() and language.language and language.extensions is None:
            return language.to_tag()
    except LanguageTagError:
        pass
    raise InvalidInput(
        f"unknown language {tag[:40]!r}",
        hint=f"{_suggestion(tag)}a code such as en, de or pt-BR (ISO 639-1), or auto",
        code="language_unknown",
    )


def _suggestion(name: str) -> str:
    """Return a hint for who wrote a language's name, in English or its own language."""
    import langcodes  # noqa: PLC0415 - as above

    try:
        return f"did you mean {langcodes.find(name[:40]).to_tag()}? otherwise "
    except (LookupError, UnicodeDecodeError):  # its table of names is broken by a NUL
        return ""
