"""Read what a language model answered: strictly what the schema allows, found even in prose."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

LONGEST_REPLY = 400_000
"""Characters; a longer answer is no answer to a chunk."""
_MOST_TRIES = 2000
"""Prose may hold braces, but not without end."""
_THOUGHT_BEGINS = re.compile(r"<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THOUGHT_ENDS = re.compile(
    r"</(?:think|thinking|thought|reasoning)>|<\|channel\|>final(?:<\|message\|>)?", re.IGNORECASE
)
_TRAILING_COMMA = re.compile(r",\s{0,200}([\]}])")

Found = TypeVar("Found")


class UnusableReply(Exception):
    """The answer cannot be read; the message says why, to the model too."""


@dataclass(frozen=True)
class Update:
    """A whole line as the model would have it."""

    idx: int
    text: str


@dataclass(frozen=True)
class Suggestions:
    """What one answer suggests: lines, and names for speaker labels."""

    updates: tuple[Update, ...] = ()
    names: tuple[tuple[str, str], ...] = ()


def read_reply(text: str) -> Suggestions:
    """Read an answer: one JSON object, alone or with prose or a code fence around it.

    What a model thinks aloud is no answer: only what stands after the last `</think>` counts, and
    of several objects the last that can be used. Commas before a closing bracket do no harm.

    Raises:
        UnusableReply: no such object, an object of another shape, or one cut short.
    """
    return read_answer(text, "updates", _suggestions)


def read_answer(text: str, key: str, read: Callable[[dict[str, object]], Found]) -> Found:
    """Return what `read` makes of the last object with `key` that it can use.

    Raises:
        UnusableReply: as `read_reply`.
    """
    if len(text) > LONGEST_REPLY:
        raise UnusableReply(f"it has {len(text)} characters, far more than the lines it is about")
    failure: UnusableReply | None = None
    said = _answer(text)
    forms = _objects(said, key) or _objects(_TRAILING_COMMA.sub(r"\1", said), key)
    for form in reversed(forms):
        try:
            return read(form)
        except UnusableReply as error:
            failure = failure or error
    raise failure or UnusableReply(f'it is not a JSON object with "{key}"')


def _answer(text: str) -> str:
    """Return what stands behind the model's thoughts; nothing where they never end."""
    ends = [found.end() for found in _THOUGHT_ENDS.finditer(text)]
    rest = text[ends[-1] :] if ends else text
    begins = _THOUGHT_BEGINS.search(rest)
    return rest[: begins.start()] if begins else rest


def _objects(text: str, key: str) -> list[dict[str, object]]:
    """Return the JSON objects that have `key`, in their order; objects inside others are not."""
    decoder = json.JSONDecoder()
    found: list[dict[str, object]] = []
    at = text.find("{")
    tries = 0
    while at >= 0 and tries < _MOST_TRIES:
        tries += 1
        try:
            form, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(form, dict) and key in form:
                found.append(form)
        at = text.find("{", end)
    return found


def _suggestions(form: dict[str, object]) -> Suggestions:
    updates = form.get("updates")
    if not isinstance(updates, list):
        raise UnusableReply('"updates" is not a list')
    return Suggestions(tuple(_update(raw) for raw in updates), _names(form.get("speakers")))


def _update(raw: object) -> Update:
    if (
        isinstance(raw, dict)
        and isinstance(idx := raw.get("idx"), int)
        and not isinstance(idx, bool)
        and isinstance(text := raw.get("text"), str)
    ):
        return Update(idx, text)
    raise UnusableReply('an entry of "updates" is not {"idx": number, "text": text}')


def _names(raw: object) -> tuple[tuple[str, str], ...]:
    """Read names as a list of `{"label", "name"}`, or as an object from label to name."""
    if raw is None:
        return ()
    if isinstance(raw, dict):
        return tuple((str(k), v) for k, v in raw.items() if isinstance(v, str) and v.strip())
    if not isinstance(raw, list):
        raise UnusableReply('"speakers" is not a list')
    names: list[tuple[str, str]] = []
    for entry in raw:
        if not isinstance(entry, dict):
            raise UnusableReply('an entry of "speakers" is not {"label": text, "name": text}')
        label, name = entry.get("label"), entry.get("name")
        if isinstance(label, str) and isinstance(name, str) and name.strip():
            names.append((label, name))
    return tuple(names)
