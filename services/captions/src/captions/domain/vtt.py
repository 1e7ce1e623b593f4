"""WebVTT (W3C), plain and karaoke."""

from collections.abc import Callable, Iterator
from typing import Literal

from captions.domain.cues import Captions, Cue, CueLine
from captions.domain.timestamps import clock

Voices = Literal["tags", "prefixes", "none"]
Payload = Callable[[CueLine, Cue], str]


def write_vtt(captions: Captions, *, voices: Voices = "tags", settings: str = "") -> str:
    """Write WebVTT; `settings` (`line:90% align:center`) are put on every cue."""
    return _write(captions, lambda line, _: escape(line.text), voices, settings)


def write_karaoke(captions: Captions, *, voices: Voices = "tags", settings: str = "") -> str:
    """Write WebVTT whose words light up as they are spoken, by timestamps inside the cues."""
    return _write(captions, _timed(captions.separator), voices, settings)


def escape(text: str) -> str:
    """Escape for cue text and for voice names; without `>` there is no `-->` either."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def voice_name(name: str) -> str:
    """Escape a name for a voice tag, whose own `>` must not complete an arrow that it ends in."""
    escaped = escape(name)
    return f"{escaped[:-1]}&#45;" if escaped.endswith("--") else escaped


def _write(captions: Captions, payload: Payload, voices: Voices, settings: str) -> str:
    tail = f" {settings}\n" if settings else "\n"
    parts = ["WEBVTT\n"]
    speaking: str | None = None
    for cue in captions.cues:
        parts.append(f"\n{clock(cue.start_ms)} --> {clock(cue.end_ms)}{tail}")
        if voices == "tags":
            parts.extend(_tagged(cue, payload))
            continue
        for line in cue.lines:
            if voices == "prefixes" and line.speaker != speaking:
                speaking = line.speaker
                if speaking in captions.named:
                    parts.append(f"{escape(speaking or '')}: ")
            parts.append(payload(line, cue) + "\n")
    return "".join(parts)


def _tagged(cue: Cue, payload: Payload) -> Iterator[str]:
    """Yield the cue's lines in voice spans; one that holds the whole cue needs no end tag."""
    turns = cue.turns()
    for speaker, lines in turns:
        text = "\n".join(payload(line, cue) for line in lines)
        if speaker is None:
            yield f"{text}\n"
        elif len(turns) == 1:
            yield f"<v {voice_name(speaker)}>{text}\n"
        else:
            yield f"<v {voice_name(speaker)}>{text}</v>\n"


def _timed(separator: str) -> Payload:
    def payload(line: CueLine, cue: Cue) -> str:
        """Stamp each word that starts inside the cue and later than the one before it."""
        latest = cue.start_ms
        for other in cue.lines:
            if other is line:
                break
            latest = max(latest, *other.starts_ms)
        words = []
        for word, start in zip(line.words, line.starts_ms, strict=True):
            if latest < start < cue.end_ms:
                latest = start
                words.append(f"<{clock(start)}>{escape(word)}")
            else:
                words.append(escape(word))
        return separator.join(words)

    return payload
