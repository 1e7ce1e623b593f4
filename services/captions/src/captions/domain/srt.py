"""SubRip. It knows no escapes, so text stays as it is; only the arrow of its time lines goes."""

from captions.domain.cues import Captions
from captions.domain.timestamps import clock


def write_srt(captions: Captions) -> str:
    """Write SRT, with `Name: ` where the speaker changes."""
    parts: list[str] = []
    speaking: str | None = None
    for number, cue in enumerate(captions.cues, start=1):
        parts.append(f"{number}\n{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}\n")
        for line in cue.lines:
            text = line.text
            if line.speaker != speaking:
                speaking = line.speaker
                if speaking is not None and speaking in captions.named:
                    shared = len(speaking) + len(": ") + len(text) <= captions.line_chars
                    text = f"{speaking}: {text}" if shared else f"{speaking}:\n{text}"
            parts.append(text.replace("-->", "→") + "\n" if "-->" in text else f"{text}\n")
        parts.append("\n")
    return "".join(parts)
