"""The glossary: terms as they are written, with the mishearings that are known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from refine.domain.rules import CompiledRule, compile_rule


class Term(Protocol):
    """A glossary entry; the settings' own model fits."""

    @property
    def term(self) -> str:
        """The word or name as it is written."""

    @property
    def heard(self) -> Sequence[str]:
        """What recognisers are known to make of it."""


@dataclass(frozen=True)
class _Heard:
    """A known mishearing as a literal rule."""

    from_: str
    to: str
    kind: Literal["literal", "regex"] = "literal"
    case_sensitive: bool = False


def heard_rules(glossary: Iterable[Term], *, language: str) -> tuple[CompiledRule, ...]:
    """Return a rule for every known mishearing, longest first so that no part is taken alone."""
    known = [_Heard(heard, entry.term) for entry in glossary for heard in entry.heard]
    known.sort(key=lambda heard: -len(heard.from_))
    return tuple(
        compile_rule(f"glossary: {heard.from_}", heard, language=language) for heard in known
    )
