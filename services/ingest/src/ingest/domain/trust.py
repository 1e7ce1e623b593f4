"""How far to trust a transcript, in plain words: what made it, its quality, its flags."""

from collections.abc import Iterator
from typing import Final

from everyword_events import TranscriptQuality
from ingest.domain.episode import EpisodeView

_IMPORTED: Final = "import"
_ONE_PERCENT: Final = 0.01
_AUDIO_GONE: Final = "The audio was deleted on {:%Y-%m-%d}, as this show's settings say."
_DRAFTS: Final = {"pocketsphinx"}
_FLAGS: Final = {
    "channels:mono": "There is one channel: speakers could not be told apart by channel.",
    "channels:identical": "Both channels hold the same sound: speakers could not be told apart.",
    "channels:speakers": "Each of the two channels holds another voice: they were heard apart.",
    "channels_cancel": "The two channels cancel each other; one of them was recognised.",
    "speakers:not_separated": "This engine does not tell speakers apart.",
    "speakers:failed": "Telling the speakers apart failed; the words are complete.",
    "voices:failed": "The speakers' voices could not be told: later episodes do not know them.",
    "repetitive_text": "A passage repeats itself: it may be the recogniser's invention.",
    "improbable_text": "A passage is hardly what was said: the recogniser had no likelier text.",
    "phantom_phrase": "A phrase that recognisers say to noise stands where hardly anybody speaks.",
    "missed_speech": "Somebody speaks where no words are: a passage was missed.",
    "text_without_speech": "Words stand where nobody speaks: they may be invented.",
    "stretched_word": "A word lasts over a pause: its time may be wrong.",
    "language_uncertain": "The language is not certain.",
    "fallback:out_of_memory": "The graphics memory ran out: a smaller engine heard the rest.",
    "transcript_longer_than_audio": "The transcript goes on after the audio's end.",
    "truncated_audio": "The file ends early: it is shorter than it says.",
    "damaged_audio": "Parts of the file are damaged; they were skipped.",
    "import_no_times": "The imported file has no times: all of them are estimated.",
}
_COUNTED: Final = {
    "repeated_text": "A passage that repeats itself may be the recogniser's invention ({0} found).",
    "text_over_silence": "Words stand where the recording is silent ({0}): they may be invented.",
    "loud_without_text_s": "{0} s are loud and have no words: music, or speech that was missed.",
    "crosstalk_removed": "Words that were heard on two channels are written once ({0}).",
    "audio_track": "The file has several audio tracks; this is number {0}, in which people speak.",
    "channels_delayed": "Channel {0} repeats the other one later (an echo, or a second recorder):"
    " it was left out.",
    "languages": "Several languages are spoken, and each passage was recognised in its own: {0}.",
    "language_doubt": "The language is not certain: it may be {0}.",
    "language_unchecked": "The model only knows {0}; no other language was looked for.",
    "language_doubtful": "Few words are sure: perhaps it is not in {0}. If so, say its language, or"
    " fetch a model of many (everyword models fetch base), and replay it from AudioUploaded.",
    "other_model": "What is not English was recognised by the model {0}.",
    "fallback": "Another engine was tried first and could not be used: {0}.",
    "degraded": "The language model's help was left out: {0}.",
    "voice_recognised": "{0} was recognised by the voice, from other episodes; check the name.",
    "programme_start": "The times began at {0}, the audio does not: they were counted from there.",
    "import_blocks_skipped": "Captions without a time that can be read were left out ({0}).",
    "import_times_mended": "Unusual times were read for what they mean ({0}).",
    "import_times_negative": "Captions that began before 0 were moved there ({0}).",
    "import_times_reversed": "Captions that ended before they began have estimated ends ({0}).",
    "import_times_of_day": "The times were those of a clock; they were counted from {0}.",
    "import_blank_line": "Text behind a blank line inside a caption was kept ({0}).",
    "import_text_on_time_line": "Text behind the time, on the same line, was kept ({0}).",
    "import_text_outside": "Lines before the first caption were left out ({0}).",
    "import_states_joined": "Captions shown again while they are spoken were read once ({0}).",
    "import_words_unusable": "Some words could not be used, their lines' text was ({0} lines).",
    "import_segments_skipped": "Segments that could not be read were left out ({0}).",
    "import_lines_skipped": "Lines that could not be read were left out ({0}).",
    "import_encoding": "The file was not UTF-8; it was taken for {0}.",
    "import_encoded_twice": "Letters that were encoded twice were mended ({0} lines).",
    "import_characters_damaged": "Characters are damaged in the file ({0}).",
    "import_nul_removed": "NUL characters were removed ({0}).",
    "import_frame_rate": "The file names no frame rate; {0} frames a second were assumed.",
    "import_language_doubtful": "The text is not written as the language {0} is.",
    "gap": "A damaged part was skipped: {0} s.",
}


def trust_notes(view: EpisodeView) -> list[str]:
    """Return one line on what made the transcript, then its quality, then one for each flag."""
    measured = _measured(view.quality) if view.quality else ()
    gone = [_AUDIO_GONE.format(view.audio_removed_at)] if view.audio_removed_at else ()
    return [_made_by(view), *measured, *(_in_words(flag) for flag in view.flags), *gone]


def _measured(quality: TranscriptQuality) -> Iterator[str]:
    if quality.doubtful_share is not None:
        yield f"The recogniser was unsure of {_percent(quality.doubtful_share)} of the words."
    if quality.estimated_share:
        yield f"Of {_percent(quality.estimated_share)} of the words the time is estimated."
    if quality.windows and quality.windows_heard_again:
        yield (
            f"{quality.windows_heard_again} of {quality.windows} passages were heard a second time,"
            " as the first text did not convince."
        )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= _ONE_PERCENT or not share else "less than 1%"


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
