"""How far to trust a transcript, in plain words: what made it, and what its flags mean."""

from typing import Final

from ingest.domain import EpisodeView

_IMPORTED: Final = "import"
_DRAFTS: Final = {"pocketsphinx"}
_FLAGS: Final = {
    "channels:mono": "There is one channel: speakers could not be told apart by channel.",
    "channels:identical": "Both channels hold the same sound: speakers could not be told apart.",
    "channels:cancelling": "The two channels cancel each other; one of them was recognised.",
    "speakers:not_separated": "This engine does not tell speakers apart.",
    "speakers:failed": "Telling the speakers apart failed; the words are complete.",
}
_COUNTED: Final = {
    "repeated_text": "A passage that repeats itself may be the recogniser's invention ({0} found).",
    "text_over_silence": "{0} words stand where the recording is silent: they may be invented.",
    "loud_without_text_s": "{0} s are loud and have no words: music, or speech that was missed.",
    "crosstalk_removed": "{0} words that were heard on two channels are written once.",
    "language_doubt": "The language is not certain: it may be {0}.",
    "language_unchecked": "The model only knows {0}; no other language was looked for.",
    "fallback": "Another engine was tried first and could not be used: {0}.",
    "degraded": "The language model's help was left out: {0}.",
    "gap": "A damaged part was skipped: {0} s.",
}


def trust_notes(view: EpisodeView) -> list[str]:
    """Return one line on what made the transcript, then one for each flag."""
    return [_made_by(view), *(_in_words(flag) for flag in view.flags)]


def _made_by(view: EpisodeView) -> str:
    engine = view.engine
    if engine is None or engine.name.startswith(_IMPORTED):
        return "This transcript was imported as it is."
    model = f" ({engine.model})" if engine.model and engine.model != engine.name else ""
    trust = (
        "a rough draft: about one word in five may be wrong"
        if engine.name in _DRAFTS
        else "a machine draft: names, numbers and rare words may be wrong"
    )
    return f"Recognised by {engine.name}{model}: {trust}."


def _in_words(flag: str) -> str:
    """Say what a flag means; one that is not known is shown as it is."""
    if flag in _FLAGS:
        return _FLAGS[flag]
    kind, _, value = flag.partition(":")
    template = _COUNTED.get(kind)
    return template.format(value) if template else flag.replace("_", " ").replace(":", ": ", 1)
