"""Read what a language model answered: strictly what the schema allows, found even in prose."""

import json
from dataclasses import dataclass

LONGEST_REPLY = 400_000
"""Characters; a longer answer is no answer to a chunk."""


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

    Raises:
        UnusableReply: no such object, an object of another shape, or one cut short.
    """
    if len(text) > LONGEST_REPLY:
        raise UnusableReply(f"it has {len(text)} characters, far more than the lines it is about")
    form = _object(text)
    updates = form.get("updates")
    if not isinstance(updates, list):
        raise UnusableReply('"updates" is not a list')
    return Suggestions(tuple(_update(raw) for raw in updates), _names(form.get("speakers")))


def _object(text: str) -> dict[str, object]:
    """Return the first JSON object that has updates."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    tries = 0
    while at >= 0 and tries < 50:  # noqa: PLR2004 - prose may hold braces, not without end
        tries += 1
        try:
            form, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(form, dict) and "updates" in form:
                return form
        at = text.find("{", end)
    raise UnusableReply('it is not a JSON object with "updates"')


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
