"""Replacement rules, literal or regular: checked and made ready.

Literal rules match whole words, also across words, by Unicode's own idea of a word. Regular rules
have the syntax of Python's `re` and are checked by it; the `regex` library runs them, because it
can be stopped: a pattern that backtracks without end costs its time budget, not the episode.
"""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import regex

from everyword_events import Misconfigured
from everyword_transcripts import is_unspaced


class Rule(Protocol):
    """What a rule says; the settings' own models fit."""

    @property
    def kind(self) -> Literal["literal", "regex"]:
        """How `from` is read."""

    @property
    def from_(self) -> str:
        """What is heard."""

    @property
    def to(self) -> str:
        """What it becomes."""

    @property
    def case_sensitive(self) -> bool:
        """Whether case must match."""


@dataclass(frozen=True)
class CompiledRule:
    """A rule ready to run; `name` is what reports and errors call it."""

    name: str
    find: "regex.Pattern[str]"
    to: str
    template: bool
    needle: str | None
    """Folded text without which the rule cannot match; None where that is unknown."""
    scan: "regex.Pattern[str] | None" = None
    """Finds, in texts joined by line breaks, each that the rule matches in, and perhaps more."""


def check_rule(rule: Rule) -> None:
    """Compile `rule` for nothing but its errors.

    Raises:
        ValueError: the pattern or its replacement is not valid, or it matches the empty text.
    """
    if not rule.from_.strip():
        raise ValueError("`from` is empty")
    if rule.kind == "literal":
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pattern = re.compile(rule.from_)
            pattern.sub(rule.to, "")
            regex.compile(rule.from_, regex.VERSION0)
    except (re.error, regex.error, Warning, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {rule.from_!r} -> {rule.to!r} is not valid: {error}") from error
    except IndexError as error:
        raise ValueError(f"replacement {rule.to!r} names a group that is not there") from error
    if pattern.match("") is not None:
        raise ValueError(f"pattern {rule.from_!r} matches the empty text, so it matches everywhere")


def compile_rules(rules: Iterable[Rule], *, language: str) -> tuple[CompiledRule, ...]:
    """Make rules ready for a transcript in `language`.

    Raises:
        Misconfigured: a rule is not valid; the message names it by its number, counted from 1.
    """
    return tuple(
        compile_rule(f"rule {number}", rule, language=language)
        for number, rule in enumerate(rules, 1)
    )


def compile_rule(name: str, rule: Rule, *, language: str) -> CompiledRule:
    """Make one rule ready, called `name` in reports and errors.

    Raises:
        Misconfigured: it is not valid.
    """
    try:
        check_rule(rule)
    except ValueError as error:
        raise Misconfigured(
            f"refine: {name}: {error}", hint="mend it in everyword.toml", code="rule_invalid"
        ) from error
    return _compile(
        name,
        kind=rule.kind,
        from_=rule.from_,
        to=rule.to,
        exact=rule.case_sensitive,
        unspaced=is_unspaced(language),
    )


_NEEDS_EDGES = re.compile(r"\(\?(?!:|P[<=])|\\[AZzGBmMKRX]|[+*?}]\+")
"""What may match in a text alone and not in joined ones: looking around, anchors, no backing."""


@lru_cache(maxsize=4096)
def _compile(
    name: str,
    *,
    kind: Literal["literal", "regex"],
    from_: str,
    to: str,
    exact: bool,
    unspaced: bool,
) -> CompiledRule:
    flags = regex.VERSION0 | (0 if exact else regex.IGNORECASE)
    if kind == "regex":
        scan = None if _NEEDS_EDGES.search(from_) else regex.compile(from_, flags | regex.MULTILINE)
        return CompiledRule(name, regex.compile(from_, flags), to, "\\" in to, None, scan)
    parts = from_.split()
    pattern = (r"\s*" if unspaced else r"\s+").join(regex.escape(part) for part in parts)
    letter = "[A-Za-z0-9_]" if unspaced else r"\w"
    if regex.match(letter, from_.strip()):
        pattern = f"(?<!{letter}){pattern}"
    if regex.match(letter, from_.strip()[-1]):
        pattern = f"{pattern}(?!{letter})"
    needle = (max(parts, key=len) if unspaced else " ".join(parts)).casefold()
    return CompiledRule(name, regex.compile(pattern, flags), to, template=False, needle=needle)
